import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { openClassifier } from '../../main/engine/generate/classifier.ts'
import { type ChatRequest, resolveTask } from '../../main/engine/generate/responder.ts'
import { inspectScores } from '../../main/engine/inspect/scores/scores.ts'
import type { ModelTask } from '../../main/engine/models/model.ts'
import { chatPromptSchema, generationOptionsSchema, type Prediction } from '../../shared/domain/chat.ts'
import { type RunConfigInput, runConfigSchema } from '../../shared/domain/run-config.ts'
import type { EngineReport } from '../../shared/engine-protocol.ts'
import { only, train, undisturbed } from './run-harness.ts'
import { testRun } from './test-run.ts'
import { tinyModel } from './tiny-model.ts'

const backend = await tensorflowBackend()

const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length

type Rows = readonly Readonly<Record<string, unknown>>[]

/** A run on a tiny model and the given rows, which are what it is validated on too. */
async function taskRun(modelType: string, saved: ModelTask, rows: Rows, extra: Partial<RunConfigInput>) {
  const run = testRun({
    max_steps: 60,
    save_steps: 0,
    eval_steps: 0,
    learning_rate: 0.01,
    // So small a model learns its rows by heart, whole.
    base_dropout: false,
    trajectory_steps: 0,
    ...extra,
  })
  const file = join(run.folder, 'rows.jsonl')
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'))
  const model = await tinyModel(join(run.folder, 'model'), modelType, saved)
  const config = { ...run.config, model_name_or_path: model, train_file: file, validation_file: file }
  return { ...run, config }
}

const valuesOf = (reports: readonly EngineReport[], name: string) =>
  only(reports, 'metrics').flatMap(({ rows }) => rows.filter((row) => row.name === name).map(({ value }) => value))

// Encoders judge a text at its first token, and so small a one with random weights hardly looks further.
const ANIMALS = ['cat', 'dog in a house', 'horse', 'cow on grass', 'bird', 'bear in the wood']
const PLANTS = ['rose', 'tree by a road', 'grass', 'tulip in a pot', 'moss', 'fern in the wood']
const KINDS = [
  ...ANIMALS.map((text) => ({ text, label: 'animal' })),
  ...PLANTS.map((text) => ({ text, label: 'plant' })),
]
const ENCODER = { target_modules: 'all-linear' } as const
const DECODER = { target_modules: ['q_proj', 'v_proj'] }

/** What a chat with a classifier says of texts. */
async function judge(request: Omit<ChatRequest, 'type'>, texts: readonly string[]): Promise<Prediction[]> {
  const responder = await openClassifier(backend, await resolveTask({ type: 'chat', ...request }))
  const options = generationOptionsSchema.parse({})
  const hooks = { onText: () => {}, cancelled: () => false, breathe: async () => {} }
  const said: Prediction[] = []
  for (const text of texts) {
    const order = { type: 'generate' as const, id: 1, prompt: chatPromptSchema.parse({ text }), options }
    said.push((await responder.answer(order, hooks)).prediction as Prediction)
  }
  const note = request.checkpoint === null && request.runFolder !== null ? FRESH_HEAD : ''
  expect(responder.facts).toMatchObject({ task: 'SEQ_CLS', memory: false, note })
  responder.dispose()
  return said
}
const FRESH_HEAD = expect.stringContaining('has no head for these labels')
const folderConfig = (folder: string) =>
  runConfigSchema.parse({ model_name_or_path: folder, train_file: 'none', method: 'full' })
const scoresOf = (prediction: Prediction) => (prediction.kind === 'labels' ? prediction.scores : [])

describe('a task other than continuing text', () => {
  it.each([
    ['bert', { type: 'FEATURE_EXTRACTION' }, ENCODER],
    ['roberta', { type: 'FEATURE_EXTRACTION' }, ENCODER],
    ['llama', { type: 'CAUSAL_LM' }, DECODER],
  ] as const)(
    'classifies texts with a new head on %s, which is saved and merged',
    async (modelType, saved, targets) => {
      const { config, folder, runFolder } = await taskRun(modelType, saved, KINDS, { task_type: 'SEQ_CLS', ...targets })
      const reports = await train(backend, config, runFolder)
      expect(valuesOf(reports, 'eval_accuracy').at(-1)).toBe(1)
      expect(valuesOf(reports, 'eval_f1').at(-1)).toBe(1)
      expect(valuesOf(reports, 'eval_perplexity')).toEqual([])

      const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
      const adapter = openSafetensors(join(checkpoint, 'adapter_model.safetensors'))
      const heads = [...adapter.tensors.keys()].filter((key) => /\.(classifier|score)\./.test(key))
      adapter.close()
      expect(heads.length).toBe({ bert: 2, roberta: 4, llama: 1 }[modelType])
      const output = join(folder, 'merged')
      await exportRun(backend, { config, checkpoint, kind: 'merged', output }, undisturbed())
      const merged = JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'))
      expect(merged.id2label).toEqual({ 0: 'animal', 1: 'plant' })
      expect(merged.architectures[0]).toMatch(/ForSequenceClassification$/)

      const question = { config, runFolder, file: config.train_file, examples: 2000 }
      const ofBase = await inspectScores(backend, { ...question, checkpoint: null })
      expect(ofBase).toMatchObject({ rows: KINDS.length, lacksHead: true })
      const ofRun = await inspectScores(backend, { ...question, checkpoint })
      expect(ofRun).toMatchObject({ lacksHead: false, accuracy: KINDS.map(() => 1) })

      const texts = [...KINDS.map(({ text }) => text), 'a very long text '.repeat(40)]
      const tuned = await judge({ config, checkpoint, runFolder }, texts)
      expect(tuned.slice(0, KINDS.length).map((one) => scoresOf(one)[0]?.label)).toEqual(
        KINDS.map(({ label }) => label),
      )
      for (const one of tuned) {
        expect(scoresOf(one).reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6)
      }
      // What transformers reads of the folder is what a conversation says.
      const alone = await judge({ config: folderConfig(output), checkpoint: null, runFolder: null }, texts)
      // The last text is cut at the run's max_seq_length, which the folder knows nothing of.
      alone.slice(0, KINDS.length).forEach((one, i) => {
        expect(scoresOf(one)[0]?.probability).toBeCloseTo(scoresOf(tuned[i] as Prediction)[0]?.probability ?? 0, 4)
        expect(scoresOf(one)[0]?.label).toBe(scoresOf(tuned[i] as Prediction)[0]?.label)
      })
      const base = await judge({ config, checkpoint: null, runFolder }, texts.slice(0, 2))
      expect(base).not.toEqual(tuned.slice(0, 2))
    },
  )

  it('predicts a number, judged by its correlation with the one wanted', async () => {
    const rows = KINDS.map(({ text, label }, i) => ({ text, label: (label === 'plant' ? 1 : -1) + i / 20 }))
    const extra = { task_type: 'SEQ_CLS', problem_type: 'regression', ...ENCODER } as const
    const { config, runFolder } = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, rows, extra)
    const reports = await train(backend, config, runFolder)
    expect(valuesOf(reports, 'eval_pearson').at(-1)).toBeGreaterThan(0.9)
    expect(valuesOf(reports, 'eval_spearman').at(-1)).toBeGreaterThan(0.8)
    expect(valuesOf(reports, 'eval_accuracy')).toEqual([])
    const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
    const [cat, moss] = await judge({ config, checkpoint, runFolder }, ['cat', 'moss'])
    expect(cat?.kind === 'value' && moss?.kind === 'value' && cat.value < 0 && moss.value > 0).toBe(true)
  })

  it('answers several questions about a text at once', async () => {
    const rows = KINDS.map(({ text, label }) => ({ text, label: /^\w{3}\b/.test(text) ? [label, 'short'] : [label] }))
    const extra = { task_type: 'SEQ_CLS', problem_type: 'multi_label_classification', ...ENCODER } as const
    const { config, runFolder } = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, rows, extra)
    const reports = await train(backend, config, runFolder)
    expect(valuesOf(reports, 'eval_f1').at(-1)).toBeGreaterThan(0.9)
    const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
    const [cat] = await judge({ config, checkpoint, runFolder }, ['cat'])
    expect(cat).toMatchObject({ kind: 'labels', exclusive: false })
    const likely = scoresOf(cat as Prediction).filter(({ probability }) => probability > 0.5)
    expect(likely.map(({ label }) => label).sort()).toEqual(['animal', 'short'])
  })

  it('puts a tag on every word', async () => {
    const rows = KINDS.map(({ text }) => {
      const tokens = text.split(' ')
      return { tokens, tags: tokens.map((word) => (word.length < 4 ? 'short' : 'long')) }
    })
    const extra = { task_type: 'TOKEN_CLS', ...ENCODER } as const
    const { config, runFolder } = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, rows, extra)
    const reports = await train(backend, config, runFolder)
    expect(valuesOf(reports, 'eval_accuracy').at(-1)).toBeGreaterThan(0.95)
  })

  it('brings texts and their partners together, equal partners being no negatives', async () => {
    const pairs = ANIMALS.map((text_a, i) => ({ text_a, text_b: PLANTS[i] as string }))
    const extra = {
      task_type: 'FEATURE_EXTRACTION',
      max_steps: 150,
      per_device_train_batch_size: 6,
      ...ENCODER,
    } as const
    const { config, folder, runFolder } = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, pairs, extra)
    const reports = await train(backend, config, runFolder)
    const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
    const exported: EngineReport[] = []
    const output = join(folder, 'merged')
    const watched = { ...undisturbed(), report: (message: EngineReport) => exported.push(message) }
    await exportRun(backend, { config, checkpoint, kind: 'merged', output }, watched)
    expect(only(exported, 'exported')[0]?.report.proof?.maxAbsDifference).toBeLessThan(1e-5)
    const losses = valuesOf(reports, 'train_loss')
    expect(losses.at(-1)).toBeLessThan(0.3 * (losses[0] as number))
    expect(valuesOf(reports, 'eval_accuracy').at(-1)).toBe(1)
    // The validation is one batch of all six, so one by one they are judged by what it was.
    const question = { config, runFolder, file: config.train_file, examples: 2000 }
    const tuned = await inspectScores(backend, { ...question, checkpoint })
    expect(mean(tuned.loss)).toBeCloseTo(valuesOf(reports, 'eval_loss').at(-1) as number, 5)
    expect(tuned).toMatchObject({ accuracy: [1, 1, 1, 1, 1, 1], reciprocalRank: [1, 1, 1, 1, 1, 1] })
    const ofBase = await inspectScores(backend, { ...question, checkpoint: null })
    expect(mean(ofBase.loss)).toBeGreaterThan(mean(tuned.loss) + 0.5)
    expect(mean(ofBase.reciprocalRank as number[])).toBeLessThan(1)
    const labelled = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, KINDS, { ...extra, max_steps: 150 })
    const lessThanHalf = valuesOf(await train(backend, labelled.config, labelled.runFolder), 'train_loss')
    expect(lessThanHalf.at(-1)).toBeLessThan(0.5 * (lessThanHalf[0] as number))
  })

  it('learns the similarity that pairs are labelled with', async () => {
    const rows = ANIMALS.flatMap((text_a, i) => [
      { text_a, text_b: ANIMALS[(i + 1) % 6], score: 0.9 },
      { text_a, text_b: PLANTS[i], score: -0.5 },
    ])
    const extra = { task_type: 'FEATURE_EXTRACTION', problem_type: 'regression', max_steps: 200, ...ENCODER } as const
    const { config, runFolder } = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, rows, extra)
    const reports = await train(backend, config, runFolder)
    expect(valuesOf(reports, 'eval_pearson').at(-1)).toBeGreaterThan(0.9)
    const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
    const scores = await inspectScores(backend, {
      config,
      runFolder,
      checkpoint,
      file: config.train_file,
      examples: 2000,
    })
    expect(mean(scores.loss)).toBeCloseTo(valuesOf(reports, 'eval_loss').at(-1) as number, 5)
    expect(scores).toMatchObject({ rows: rows.length, accuracy: null, reciprocalRank: null })
  })

  it('is refused with what does not fit, naming lines', async () => {
    const refusal = async (rows: Rows, extra: Partial<RunConfigInput>) => {
      const { config, runFolder } = await taskRun('bert', { type: 'FEATURE_EXTRACTION' }, rows, {
        ...ENCODER,
        ...extra,
      })
      return train(backend, config, runFolder).then(
        () => 'nothing was thrown',
        (error: Error) => error.message,
      )
    }
    const asClasses = { task_type: 'SEQ_CLS' } as const
    expect(await refusal(KINDS, {})).toContain('bert is an encoder')
    expect(
      await refusal(
        ANIMALS.map((text) => ({ text, label: 'animal' })),
        asClasses,
      ),
    ).toContain('at least 2 classes')
    expect(await refusal([{ text: 'a', label: 1.5 }], asClasses)).toContain('line 1: the label is 1.5')
    expect(await refusal([{ text: 'a', label: 'b' }], { ...asClasses, problem_type: 'regression' })).toContain(
      'wanted a number',
    )
    expect(await refusal([{ prompt: 'a' }], asClasses)).toContain('wanted "text"')
    const tags = [{ tokens: ['a', 'b'], tags: ['x'] }]
    expect(await refusal(tags, { task_type: 'TOKEN_CLS' })).toContain('2 tokens and 1 tags')
  })
})
