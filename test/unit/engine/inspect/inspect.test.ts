import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from '../../../../main/engine/formats/model-folder.ts'
import { inspectData } from '../../../../main/engine/inspect/data.ts'
import { histogramOf } from '../../../../main/engine/inspect/lengths.ts'
import { inspectModel } from '../../../../main/engine/inspect/model.ts'
import { inspectRun } from '../../../../main/engine/inspect/run.ts'
import type { DataQuestion } from '../../../../shared/domain/data-facts.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { sharedFolder, temporaryFolder } from '../../../temporary-folder.ts'

const demo = resolve(import.meta.dirname, '../../../../resources/demo')
const model = join(demo, 'model')
/** Of the demo's rows the first 80. */
const rows = join(sharedFolder(), 'kinds.jsonl')
writeFileSync(rows, readFileSync(join(demo, 'kinds.test.jsonl'), 'utf8').split('\n').slice(0, 80).join('\n'))
const demoQuestion: DataQuestion = {
  file: rows,
  model,
  validationFile: null,
  columns: {},
  taskType: 'CAUSAL_LM',
  problemType: 'single_label_classification',
  promptTemplate: '{instruction}\n{input}\nAnswer: ',
  trainOnInputs: false,
  maxSeqLength: 128,
}

function fileOf(...rows: readonly unknown[]): string {
  const file = join(temporaryFolder(), 'rows.jsonl')
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'))
  return file
}

test('the demo model is described and can be trained', () => {
  const facts = inspectModel(model)
  expect(facts).toMatchObject({ modelType: 'llama', layers: 6, trainable: true, problems: [], files: 1 })
  expect(facts.linears).toContain('q_proj')
  expect(facts.linears).not.toContain('lm_head')
  expect(facts.tokenizer?.kind).toBe('BPE')
})

test('of a broken folder all that is missing is named, and what there is is still told', () => {
  const folder = join(temporaryFolder(), 'model')
  mkdirSync(folder)
  copyFileSync(join(model, 'config.json'), join(folder, 'config.json'))
  const facts = inspectModel(folder)
  expect(facts).toMatchObject({ trainable: false, modelType: 'llama', layers: 6, tokenizer: null, parameters: null })
  expect(facts.problems.map(({ message }) => message).join('\n')).toMatch(/model\.safetensors[\s\S]*tokenizer\.json/)
  for (const { hint } of facts.problems) expect(hint).not.toBe('')
})

test('a folder without anything of a model is told once, with what is in it', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'llamas'))
  const { trainable, problems } = inspectModel(folder)
  expect(trainable).toBe(false)
  expect(problems).toHaveLength(1)
  expect(problems[0]?.message).toContain('the folder holds llamas')
})

test('a folder that is not there is a problem with its path', () => {
  expect(inspectModel('/no/such/folder').problems[0]?.message).toContain('/no/such/folder')
})

test('the text of the tokens together is the text of the sample, and only the answer is learnt', async () => {
  const { samples } = await inspectData(demoQuestion)
  const [sample] = samples
  const text = (kind: string) =>
    (sample?.pieces ?? []).flatMap((piece) => (piece.kind === kind ? [piece.text] : [])).join('')
  expect(text('prompt')).toMatch(/^What kind of thing is this\?[\s\S]*Answer:$/)
  expect(text('trained')).toBe(' animal<|endoftext|>')
})

test('tokens behind the limit are shown as cut', async () => {
  const { samples, lint } = await inspectData({ ...demoQuestion, maxSeqLength: 20 })
  expect(samples[0]?.pieces.filter(({ kind }) => kind !== 'cut')).toHaveLength(20)
  expect(lint.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['truncated', 'dropped']))
})

test('duplicates, empty answers and rows of the validation file are named by line', async () => {
  const row = { instruction: 'Say hello', output: 'hello' }
  const file = fileOf(row, row, { instruction: 'Say nothing', output: ' ' })
  const { lint, rows } = await inspectData({
    ...demoQuestion,
    file,
    validationFile: fileOf(row),
    promptTemplate: 'alpaca',
  })
  expect(rows).toBe(3)
  expect(lint).toEqual([
    { kind: 'duplicate', rows: 1, lines: [2] },
    { kind: 'empty-output', rows: 1, lines: [3] },
    { kind: 'overlap', rows: 2, lines: [1, 2] },
  ])
})

test('columns under other names are mapped, and shown before they are', async () => {
  const file = fileOf({ question: 'Why?', answer: 'Because.' })
  const unmapped = await inspectData({ ...demoQuestion, file, promptTemplate: 'auto' })
  expect(unmapped).toMatchObject({ rows: null, columns: ['question', 'answer'] })
  expect(unmapped.problems[0]?.message).toContain('question')
  const columns = { instruction: 'question', output: 'answer' }
  const mapped = await inspectData({ ...demoQuestion, file, promptTemplate: 'alpaca', columns })
  expect(mapped).toMatchObject({ rows: 1, problems: [] })
  const wrong = await inspectData({ ...demoQuestion, file, columns: { ...columns, output: 'reply' } })
  expect(wrong.problems[0]?.message).toContain('no column "reply"')
})

test('labelled rows are shown as what they are, with how often each label occurs', async () => {
  const file = fileOf({ text: 'good', label: 'yes' }, { text: 'fine', label: 'yes' }, { text: 'bad', label: 'no' })
  const seen = {
    rows: 3,
    columns: ['text', 'label'],
    format: 'Texts with a label (classification)',
    looksLike: { taskType: 'SEQ_CLS', problemType: 'single_label_classification' },
    labels: [
      { label: 'yes', count: 2 },
      { label: 'no', count: 1 },
    ],
    labelKinds: 2,
    samples: [],
    problems: [],
  }
  expect(await inspectData({ ...demoQuestion, file, taskType: 'SEQ_CLS' })).toMatchObject(seen)
  expect(await inspectData({ ...demoQuestion, file, taskType: 'auto' })).toMatchObject(seen)
  // As texts to continue they can be read too: the user is told what they look like.
  expect(await inspectData({ ...demoQuestion, file })).toMatchObject({
    format: 'Plain text',
    looksLike: seen.looksLike,
    labels: [],
  })
})

test.each([
  [{ sentence1: 'a', sentence2: 'b', score: 3.5 }, {}, 'Pairs of texts with a number (regression)'],
  [{ text_a: 'a', text_b: 'b' }, {}, 'Pairs of texts'],
  [{ text: 'a', labels: ['x', 'y'] }, {}, 'Texts with several labels (classification)'],
  [{ tokens: ['a', 'b'], ner_tags: ['O', 'P'] }, {}, 'Words with a tag each'],
  [{ review: 'a', stars: 4 }, { text: 'review', label: 'stars' }, 'Texts with a label (classification)'],
  [
    {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    },
    {},
    'Conversations',
  ],
  [{ prompt: 'a', completion: 'b' }, {}, 'Prompt and completion'],
] as const)('rows such as %j are understood by themselves', async (row, columns, format) => {
  const facts = await inspectData({ ...demoQuestion, file: fileOf(row), columns, model: null, taskType: 'auto' })
  expect(facts).toMatchObject({ rows: 1, format, problems: [] })
})

test('a histogram holds every row once, in bins that join', () => {
  const bins = histogramOf([0, 1, 1, 39, 250])
  expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(5)
  expect(bins.length).toBeLessThanOrEqual(40)
  bins.forEach(({ from }, i) => {
    expect(from).toBe(i === 0 ? 0 : bins[i - 1]?.to)
  })
})

const config = runConfigSchema.parse({
  model_name_or_path: model,
  train_file: rows,
  prompt_template: demoQuestion.promptTemplate,
  max_seq_length: 128,
  num_train_epochs: 2,
})

test('a run is previewed without a back end: steps, parameters and memory by part', async () => {
  const { plan, problems } = await inspectRun(config)
  expect(problems).toEqual([])
  expect(plan).toMatchObject({ trainRows: 80, stepsPerEpoch: 10, steps: 20, epochs: 2, truncatedRows: 0 })
  expect(plan?.memory.weights).toBe(4 * ((plan?.totalParameters ?? 0) - (plan?.trainableParameters ?? 0)))
  expect(plan?.memory.optimizer).toBe(8 * (plan?.trainableParameters ?? 0))
  expect(plan?.memory.activations).toBeGreaterThan(1e6)
  // Node and TensorFlow's library alone take some 400 MB.
  expect(plan?.memory.engine).toBeGreaterThan(400e6)
})

test('a prefix is counted by its keys and values, and takes room from the text', async () => {
  const prefix = { ...config, method: 'prefix' as const, target_modules: 'all-linear' as const }
  const { plan, problems } = await inspectRun(prefix)
  const { num_hidden_layers: layers, num_key_value_heads: groups, head_dim: size } = readConfig(model)
  expect(problems).toEqual([])
  expect(plan?.trainableParameters).toBe(30 * 2 * Number(layers) * Number(groups) * Number(size))
  expect(plan?.memory.adapter).toBe(4 * (plan?.trainableParameters ?? 0))
  expect(plan?.memory.optimizer).toBe(8 * (plan?.trainableParameters ?? 0))
  const longer = await inspectRun({ ...prefix, num_virtual_tokens: 300 })
  expect(longer.plan?.memory.activations).toBeGreaterThan(plan?.memory.activations ?? 0)
  expect((await inspectRun({ ...prefix, num_virtual_tokens: 1020 })).problems).toMatchObject([
    { field: 'num_virtual_tokens', message: expect.stringMatching(/1020 leave \d+ of the model's \d+ positions/) },
  ])
})

test('what stands in the way of a run is told with its field', async () => {
  expect((await inspectRun({ ...config, target_modules: ['nose'] })).problems[0]).toMatchObject({
    field: 'target_modules',
  })
  expect((await inspectRun({ ...config, train_file: '/none.jsonl' })).problems[0]).toMatchObject({
    field: 'train_file',
  })
  expect((await inspectRun({ ...config, model_name_or_path: '/none' })).problems[0]).toMatchObject({
    field: 'model_name_or_path',
  })
})
