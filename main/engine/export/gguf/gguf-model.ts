import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../../shared/domain/error.ts'
import type { ExportReport, GgufDtype, MergeProof } from '../../../../shared/domain/export.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { commitFolder } from '../../formats/write-folder.ts'
import type { Backend } from '../../ir/executable.ts'
import type { RunControl } from '../../train/run.ts'
import { checkedProof, dtypeOf, phaseOf, refuseUnmergeable, writeProved } from '../merge-model.ts'
import type { MergeSource } from '../merge-source.ts'
import { expandGguf, writeModelGguf } from './gguf-files.ts'
import { ggufPlan } from './gguf-plan.ts'
import { ollamaPlan } from './ollama.ts'

export type GgufTarget = {
  readonly output: string
  /** Null: as most of the base's own weights are stored. */
  readonly dtype: GgufDtype | null
  /** Of the model; none: that of its base. */
  readonly chatTemplate?: string | null
}

/**
 * Writes the merged model as one GGUF file with a Modelfile beside it: the whole folder or nothing. As with a rounded
 * model, the merge is first proved in float32; then what is in the GGUF is read back from the disk and proved, too.
 */
export async function ggufModel(
  backend: Backend,
  source: MergeSource,
  { output, dtype: chosen, chatTemplate }: GgufTarget,
  control: RunControl,
): Promise<Pick<ExportReport, 'proof' | 'notes'>> {
  const { config } = source
  refuseUnmergeable(config.method)
  refuseTask(config)
  const dtype = chosen ?? dtypeOf(config.model_name_or_path)
  const ollama = await ollamaPlan(config, chatTemplate)
  const planFor = async (folder: string) => {
    const { description: model } = (await source.task(folder)).model
    return { model, plan: ggufPlan({ folder, model, output, dtype, chatTemplate: ollama.chatTemplate }) }
  }
  // What llama.cpp could not run is refused before anything is merged.
  const notes = [...(await planFor(config.model_name_or_path)).plan.notes, ...ollama.notes]
  const phase = phaseOf(control)
  let proof: MergeProof | null = null
  await commitFolder(output, async (temporary) => {
    const whole = join(temporary, 'float32')
    const { prove, merged } = await writeProved(backend, source, whole, phase)
    const { model, plan } = await planFor(whole)
    const file = join(temporary, plan.file)
    await writeModelGguf(file, plan, whole, model, (done) => phase(`Writing ${plan.file}`, 0.75 + 0.1 * done))
    await phase('Reading the GGUF back', 0.85)
    await expandGguf(file, plan, whole)
    await phase(`Comparing the ${dtype} model with the adapter`, 0.9)
    const written = await prove(whole)
    proof = checkedProof({ ...written, dtype, unrounded: dtype === 'float32' ? null : merged.maxAbsDifference })
    rmSync(whole, { recursive: true })
    writeFileSync(join(temporary, 'Modelfile'), ollama.modelfile(plan.file))
  })
  return { proof, notes }
}

function refuseTask({ task_type: task }: RunConfig): void {
  if (task === 'CAUSAL_LM') return
  throw fault('bad-config', `task_type: ${task} is not written as GGUF, only language models (CAUSAL_LM) are.`, {
    hint: 'Export the merged model instead.',
  })
}
