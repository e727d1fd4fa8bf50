import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault, type StudioError } from '../../../shared/domain/error.ts'
import { type ExportDtype, type ExportReport, isWithinBounds, type MergeProof } from '../../../shared/domain/export.ts'
import { METHODS, type MethodInfo, type MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import { storedDtype } from '../formats/stored-dtype.ts'
import { commitFolder } from '../formats/write-folder.ts'
import { writeModelShards } from '../formats/write-shards.ts'
import type { Backend } from '../ir/executable.ts'
import type { RunControl } from '../train/run.ts'
import type { RunTask } from '../train/task.ts'
import { headFields } from './head-fields.ts'
import type { MergeSource } from './merge-source.ts'
import { mergedTensors } from './merged-tensors.ts'
import { openProof } from './prove.ts'
import { roundModel } from './round-model.ts'
import { untiedEmbedding } from './untied-head.ts'

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

export type MergeTarget = {
  readonly output: string
  /** Null: as most of the base's own weights are stored. */
  readonly dtype: ExportDtype | null
}

/** Tells what is being done; `progress` 0 to 1. */
export type Phase = (text: string, progress: number) => Promise<void>

export const phaseOf =
  (control: RunControl): Phase =>
  async (text, progress) => {
    control.report({ type: 'phase', phase: text, progress })
    await control.breathe()
  }

/**
 * Writes base and trained arrays as one model, reads it back and proves it; nothing is left of a merge that fails. What is
 * to be rounded is first written and proved in float32, so that rounding cannot hide a wrong merge, and rounded once.
 */
export async function mergeModel(
  backend: Backend,
  source: MergeSource,
  { output, dtype: chosen }: MergeTarget,
  control: RunControl,
): Promise<ExportReport['proof']> {
  const { config } = source
  refuseUnmergeable(config.method)
  const dtype = chosen ?? dtypeOf(config.model_name_or_path)
  const phase = phaseOf(control)
  let proof: ExportReport['proof'] = null
  await commitFolder(output, async (temporary) => {
    const whole = dtype === 'float32' ? temporary : join(temporary, 'float32')
    const { task, merged, prove } = await writeProved(backend, source, whole, phase)
    proof = merged
    if (dtype === 'float32') return
    const rounding = `Rounding to ${dtype}`
    await roundModel(whole, temporary, dtype, (done) => phase(rounding, 0.8 + 0.1 * done))
    rmSync(whole, { recursive: true })
    copyCompanions(config, task, temporary, dtype)
    await phase(`Comparing the ${dtype} model with the adapter`, 0.9)
    proof = checkedProof({ ...(await prove(temporary)), dtype, unrounded: merged.maxAbsDifference })
  })
  return proof
}

/** The merged model in float32 in a folder, proved; `prove` compares what another folder holds. */
export async function writeProved(backend: Backend, source: MergeSource, whole: string, phase: Phase) {
  const task = await source.task(source.config.model_name_or_path)
  mkdirSync(whole, { recursive: true })
  await writeMerged(backend, source, whole, phase)
  copyCompanions(source.config, task, whole, 'float32')
  await phase('Comparing the merged model with the adapter', 0.7)
  const prove = await openProof(backend, source)
  return { task, prove, merged: checkedProof(await prove(whole)) }
}

async function writeMerged(backend: Backend, source: MergeSource, folder: string, phase: Phase): Promise<void> {
  const merging = source.config.quantization === 'none' ? 'Merging' : 'Merging into the dequantised weights'
  await phase(merging, 0)
  const tensors = await mergedTensors(backend, source, (done) => phase(merging, done * 0.7))
  try {
    await writeModelShards(folder, tensors.list)
  } finally {
    tensors.close()
  }
}

/** The dtype of most weights in a model folder. */
export function dtypeOf(base: string): ExportDtype {
  const folder = openModelFolder(base)
  folder.close()
  return storedDtype(folder)
}

/** Throws where what a method trains cannot become part of the weights. */
export function refuseUnmergeable(method: MethodKind): void {
  if (!METHODS[method].mergeable) throw unmergeable(method)
}

/** Why what a method trains cannot become part of the weights. */
export function unmergeable(method: MethodKind): StudioError {
  const { label, notMergeable, adapterExport }: MethodInfo = METHODS[method]
  return fault('bad-config', `${label} cannot be merged: ${notMergeable}.`, {
    hint: adapterExport ? 'Export the adapter instead.' : 'The checkpoint in the run folder holds all of it.',
  })
}

/** config.json with the dtype that was written, under the name it had there, and the classes; the tokenizer's files. */
function copyCompanions(config: RunConfig, task: RunTask, target: string, dtype: ExportDtype): void {
  const base = config.model_name_or_path
  for (const name of COMPANIONS) if (existsSync(join(base, name))) cpSync(join(base, name), join(target, name))
  const json = readConfig(base)
  // Until version 4.56 transformers knew torch_dtype alone, and programs that read the file still do.
  const old = 'torch_dtype' in json ? { torch_dtype: dtype } : {}
  const now = 'dtype' in json || !('torch_dtype' in json) ? { dtype } : {}
  const untied = untiedEmbedding(task.model.description, config) !== null && { tie_word_embeddings: false }
  const merged = { ...json, ...old, ...now, ...untied, ...headFields(config, task, json) }
  writeFileSync(join(target, 'config.json'), `${JSON.stringify(merged, null, 2)}\n`)
}

/** More than this many times its bound is no rounding. */
const FAULT = 10

/** A merge that changes the answers is not delivered. */
export function checkedProof(proof: MergeProof): MergeProof {
  if (isWithinBounds(proof, FAULT)) return proof
  throw fault(
    'internal',
    `The merged model's logits differ from the adapter's by ${proof.maxAbsDifference.toExponential(2)} (largest logit ${proof.maxAbsLogit.toExponential(2)}, written as ${proof.dtype}).`,
    { hint: 'Nothing was written. Please report this with the run configuration.' },
  )
}
