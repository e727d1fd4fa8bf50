import type { RunPlan } from '../../../shared/domain/run.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { dataHash } from '../data/samples.ts'
import { hashModel } from '../formats/model-folder.ts'

/** Hashes of what a run reads, as its plan has them. */
export const inspectInputs = ({
  model_name_or_path,
  train_file,
  validation_file,
  test_file,
}: RunConfig): Pick<RunPlan, 'modelHash' | 'dataHash'> => ({
  modelHash: hashModel(model_name_or_path),
  dataHash: dataHash([train_file, validation_file, test_file]),
})
