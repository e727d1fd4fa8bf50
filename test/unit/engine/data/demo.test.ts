import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { planBatches } from '../../../../main/engine/data/batches.ts'
import { loadSamples } from '../../../../main/engine/data/samples.ts'
import { openTokenizer } from '../../../../main/engine/data/tokenizer.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'

const demo = join(import.meta.dirname, '../../../../resources/demo')
const config = runConfigSchema.parse(parse(readFileSync(join(demo, 'kinds-dora.yaml'), 'utf8')))

test('the demo configuration is valid and its files are there', () => {
  const files = [config.model_name_or_path, config.train_file, config.validation_file, config.test_file]
  for (const file of files) expect(existsSync(join(demo, file ?? 'none')), file ?? 'none').toBe(true)
  expect(existsSync(join(demo, 'LICENSE.wordnet'))).toBe(true)
})

test('the demo test rows fill batches with little padding', async () => {
  const tokenizer = openTokenizer(join(demo, config.model_name_or_path))
  const { samples, truncated } = await loadSamples(join(demo, config.test_file ?? ''), tokenizer, 6144, config)
  expect([samples.length, truncated]).toEqual([1200, 0])
  const plan = planBatches(samples, {
    batchSize: config.per_device_train_batch_size,
    accumulation: 1,
    seed: config.seed,
  })
  expect(plan.stepsPerEpoch).toBe(Math.ceil(1200 / config.per_device_train_batch_size))
  expect(plan.paddingShare).toBeLessThan(0.1)
})
