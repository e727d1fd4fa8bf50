import { join } from 'node:path'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { smallRun } from './run-harness.ts'
import { tinyModel } from './tiny-model.ts'

/** A {@link smallRun} that is gone when the test ends. */
export function testRun(extra: Partial<RunConfigInput> = {}) {
  return smallRun(temporaryFolder(), extra)
}

/** A {@link testRun} of the {@link tinyModel}, which trains in a moment. */
export async function tinyRun(extra: Partial<RunConfigInput> = {}) {
  const run = testRun(extra)
  const model_name_or_path = await tinyModel(join(run.folder, 'model'))
  return { ...run, config: { ...run.config, model_name_or_path } }
}
