import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault, type StudioError } from '../../../shared/domain/error.ts'
import type { ExportReport } from '../../../shared/domain/export.ts'
import { METHODS, type MethodInfo, type MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { readConfig } from '../formats/model-folder.ts'
import { commitFolder } from '../formats/write-folder.ts'
import { writeModelShards } from '../formats/write-shards.ts'
import type { Backend } from '../ir/executable.ts'
import type { RunControl } from '../train/run.ts'
import type { RunTask } from '../train/task.ts'
import { headFields } from './head-fields.ts'
import type { MergeSource } from './merge-source.ts'
import { mergedTensors } from './merged-tensors.ts'
import { proveMerge } from './prove.ts'

/** Files of a model folder that go with the weights as they are. */
const COMPANIONS = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'added_tokens.json',
  'chat_template.jinja',
  'generation_config.json',
]

/** Writes base and trained arrays as one model, reads it back and proves it; nothing is left of a merge that fails. */
export async function mergeModel(
  backend: Backend,
  source: MergeSource,
  output: string,
  control: RunControl,
): Promise<ExportReport['proof']> {
  const { config } = source
  if (!METHODS[config.method].mergeable) throw unmergeable(config.method)
  const phase = async (text: string, progress: number | null) => {
    control.report({ type: 'phase', phase: text, progress })
    await control.breathe()
  }
  let proof: ExportReport['proof'] = null
  await commitFolder(output, async (temporary) => {
    const merging = config.quantization === 'none' ? 'Merging' : 'Merging into the dequantised weights'
    await phase(merging, 0)
    const tensors = await mergedTensors(backend, source, (done) => phase(merging, done * 0.8))
    try {
      await writeModelShards(temporary, tensors.list)
    } finally {
      tensors.close()
    }
    copyCompanions(config, await source.task(config.model_name_or_path), temporary)
    await phase('Comparing the merged model with the adapter', 0.85)
    proof = await proveMerge(backend, source, temporary)
    refuseWrongMerge(proof)
  })
  return proof
}

/** Why what a method trains cannot become part of the weights. */
export function unmergeable(method: MethodKind): StudioError {
  const { label, notMergeable, adapterExport }: MethodInfo = METHODS[method]
  return fault('bad-config', `${label} cannot be merged: ${notMergeable}.`, {
    hint: adapterExport ? 'Export the adapter instead.' : 'The checkpoint in the run folder holds all of it.',
  })
}

/** config.json with the dtype that was written and the classes, and the tokenizer's files. */
function copyCompanions(config: RunConfig, task: RunTask, target: string): void {
  const base = config.model_name_or_path
  for (const name of COMPANIONS) if (existsSync(join(base, name))) cpSync(join(base, name), join(target, name))
  const { torch_dtype: _, ...json } = readConfig(base)
  const merged = { ...json, dtype: 'float32', ...headFields(config, task, json) }
  writeFileSync(join(target, 'config.json'), `${JSON.stringify(merged, null, 2)}\n`)
}

/** A merge that changes the answers is not delivered. */
function refuseWrongMerge(proof: ExportReport['proof']): void {
  if (!proof || proof.maxAbsDifference <= 1e-3 * Math.max(1, proof.maxAbsLogit)) return
  throw fault(
    'internal',
    `The merged model's logits differ from the adapter's by ${proof.maxAbsDifference.toExponential(2)}.`,
    {
      hint: 'Nothing was written. Please report this with the run configuration.',
    },
  )
}
