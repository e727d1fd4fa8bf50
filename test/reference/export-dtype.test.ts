import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { loadPrompts } from '../../main/engine/data/load-data.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { openTask } from '../../main/engine/train/task.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { only, train, undisturbed } from '../training/run-harness.ts'
import { tinyRun } from '../training/test-run.ts'
import { ourLogits } from './our-logits.ts'
import { askReference, python } from './python.ts'

const title = python
  ? 'merged models in short dtypes, opened by transformers'
  : 'merged models in short dtypes, opened by transformers (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

describe.runIf(python)(title, () => {
  it.each(['bfloat16', 'float16'] as const)(
    '%s: every tensor is rounded as torch rounds it, and the logits are the same to 1e-4',
    { timeout: 300_000 },
    async (dtype) => {
      const { config, folder, runFolder } = await tinyRun({
        max_steps: 3,
        save_steps: 0,
        eval_steps: 0,
        learning_rate: 1e-2,
      })
      const backend = await tensorflowBackend()
      const checkpoint = only(await train(backend, config, runFolder), 'checkpoint').at(-1)?.folder as string
      const [whole, rounded] = [join(folder, 'whole'), join(folder, 'rounded')]
      const order = { config, checkpoint, kind: 'merged' as const }
      await exportRun(backend, { ...order, output: whole, dtype: 'float32' }, undisturbed())
      await exportRun(backend, { ...order, output: rounded, dtype }, undisturbed())
      const file = join(folder, 'logits.safetensors')
      await writeLogits(file, config, rounded)
      const found = await askReference('check_rounded', { dtype, float32: whole, rounded, logits: file })
      expect(found).toMatchObject({ unlike: 0, loadedUnlike: 0, takesDtype: 1 })
      expect(found.tensors).toBeGreaterThan(10)
      expect(found.difference).toBeLessThan(1e-4 * Math.max(1, found.scale as number))
    },
  )
})

async function writeLogits(file: string, run: RunConfig, model_name_or_path: string): Promise<void> {
  const config: RunConfig = { ...run, model_name_or_path, method: 'full' }
  const { model } = await openTask(config)
  const [batch] = (await loadPrompts(config, model.description, [], 1, 64)) as [Batch]
  const [logits] = (await ourLogits({ config, model, checkpoint: null }, [batch])) as [Float32Array]
  const shape = [batch.inputIds.length / batch.shape.length, batch.shape.length]
  await writeSafetensors(file, [
    { name: 'input_ids', dtype: 'I32', shape, data: batch.inputIds },
    { name: 'logits', dtype: 'F32', shape: [...shape, model.description.outputs], data: logits },
  ])
}
