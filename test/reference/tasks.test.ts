import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { loadPrompts } from '../../main/engine/data/load-data.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import type { Model, ModelTask } from '../../main/engine/models/model.ts'
import { openTask } from '../../main/engine/train/task.ts'
import { METHODS } from '../../shared/domain/method.ts'
import type { RunConfig, RunConfigInput } from '../../shared/domain/run-config.ts'
import { only, train, undisturbed } from '../training/run-harness.ts'
import { testRun } from '../training/test-run.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { ourLogits } from './our-logits.ts'
import { askReference, python } from './python.ts'

const title = python
  ? 'task exports opened by transformers and PEFT'
  : 'task exports opened by transformers and PEFT (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

const TAGGED = ['one two three', 'four five six seven', 'eight nine'].map((text) => {
  const tokens = text.split(' ')
  return { tokens, tags: tokens.map((word) => (word.length > 3 ? 'long' : 'short')) }
})

describe.runIf(python)(title, () => {
  const bare: ModelTask = { type: 'FEATURE_EXTRACTION' }
  const causal: ModelTask = { type: 'CAUSAL_LM' }
  const cases: readonly [string, ModelTask, Partial<RunConfigInput>][] = [
    ['bert', bare, { task_type: 'SEQ_CLS', target_modules: 'all-linear' }],
    ['bert', bare, { task_type: 'TOKEN_CLS', target_modules: ['intermediate.dense', 'query'] }],
    ['roberta', bare, { task_type: 'SEQ_CLS', target_modules: 'all-linear' }],
    ['llama', causal, { task_type: 'SEQ_CLS', target_modules: ['q_proj', 'v_proj'] }],
    ['roberta', bare, { task_type: 'FEATURE_EXTRACTION', target_modules: ['query', 'dense'] }],
    ['gpt2', bare, { target_modules: 'all-linear' }],
    ['gpt2', bare, { task_type: 'SEQ_CLS', target_modules: ['c_attn'] }],
    ['bert', bare, { task_type: 'SEQ_CLS', method: 'prefix' }],
    ['bert', bare, { task_type: 'TOKEN_CLS', method: 'prefix' }],
    ['roberta', bare, { task_type: 'SEQ_CLS', method: 'prefix', prefix_projection: true }],
    ['roberta', bare, { task_type: 'FEATURE_EXTRACTION', method: 'prefix' }],
    ['llama', causal, { task_type: 'SEQ_CLS', method: 'prefix' }],
    ['gpt2', bare, { method: 'prefix' }],
  ]

  it.each(cases)(
    'give the same logits to 1e-4: %s saved as %o, %o',
    { timeout: 300_000 },
    async (type, saved, extra) => {
      const run = testRun({ max_steps: 3, save_steps: 0, eval_steps: 0, trajectory_steps: 0, ...extra })
      const model_name_or_path = await tinyModel(join(run.folder, 'model'), type, saved)
      const config = { ...run.config, model_name_or_path, ...(extra.task_type === 'TOKEN_CLS' && tagged(run.folder)) }
      const backend = await tensorflowBackend()
      const checkpoint = only(await train(backend, config, run.runFolder), 'checkpoint').at(-1)?.folder as string
      const [merged, adapter] = [join(run.folder, 'merged'), join(run.folder, 'adapter')]
      const { mergeable } = METHODS[config.method]
      if (mergeable)
        await exportRun(
          backend,
          { config, checkpoint, kind: 'merged', output: merged, dtype: 'float32' },
          undisturbed(),
        )
      await exportRun(backend, { config, checkpoint, kind: 'adapter', output: adapter }, undisturbed())
      const { model, labels } = await openTask(config)
      const batch = await firstBatch(config, model, labels)
      const [logits] = (await ourLogits({ config, model, checkpoint }, [batch])) as [Float32Array]
      const { outputs } = model.description
      const file = join(run.folder, 'logits.safetensors')
      const shape = [batch.inputIds.length / batch.shape.length, batch.shape.length]
      await writeSafetensors(file, [
        { name: 'input_ids', dtype: 'I32', shape, data: batch.inputIds },
        { name: 'attention_mask', dtype: 'I32', shape, data: batch.attentionMask },
        { name: 'logits', dtype: 'F32', shape: [logits.length / outputs, outputs], data: logits },
      ])
      const found = await askReference('check_task', {
        task: config.task_type,
        base: model_name_or_path,
        merged: mergeable ? merged : null,
        adapter,
        labels: labels.length,
        logits: file,
      })
      if (mergeable) expect(found.missing).toBe(0)
      for (const name of mergeable ? ['merged', 'adapter', 'peftMerged'] : ['adapter']) {
        expect(found[name], name).toBeLessThan(1e-4 * Math.max(1, found.scale as number))
      }
    },
  )
})

function tagged(folder: string) {
  const file = join(folder, 'tagged.jsonl')
  writeFileSync(file, TAGGED.map((row) => JSON.stringify(row)).join('\n'))
  return { train_file: file, validation_file: file }
}

/** The first validation row. */
async function firstBatch(config: RunConfig, { description }: Model, labels: readonly string[]): Promise<Batch> {
  const [batch] = (await loadPrompts(config, description, labels, 1, 64)) as [Batch]
  return config.task_type === 'TOKEN_CLS' ? atEveryToken(batch) : batch
}

function atEveryToken(batch: Batch): Batch {
  const { length } = batch.shape
  return {
    ...batch,
    shape: { ...batch.shape, labels: length },
    labelPositions: Int32Array.from({ length }, (_, i) => i),
    labelTargets: new Int32Array(length),
    labelWeights: new Float32Array(length).fill(1),
  }
}
