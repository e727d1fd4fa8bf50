import { dirname } from 'node:path'
import { inspectData } from '../../../main/engine/inspect/data.ts'
import { inspectModel } from '../../../main/engine/inspect/model.ts'

/** What the studio shows of a folder or file: never thrown, so its problems are looked at instead. */
export function refuseInternal(problems: readonly { readonly hint: string; readonly message: string }[]): void {
  const own = problems.find(({ hint }) => hint.includes('please report it'))
  if (own) throw new Error(own.message)
}

export function lookAtModel(file: string): void {
  refuseInternal(inspectModel(dirname(file)).problems)
}

export const question = {
  validationFile: null,
  columns: {},
  problemType: 'single_label_classification',
  promptTemplate: 'auto',
  trainOnInputs: false,
  maxSeqLength: 64,
} as const

export async function lookAtData(file: string): Promise<void> {
  for (const taskType of ['CAUSAL_LM', 'SEQ_CLS', 'TOKEN_CLS'] as const) {
    refuseInternal((await inspectData({ ...question, file, model: null, taskType })).problems)
  }
}
