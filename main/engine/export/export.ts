import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { ExportKind, ExportReport } from '../../../shared/domain/export.ts'
import { METHODS, type MethodInfo } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { readConfig } from '../formats/model-folder.ts'
import { commitFolder } from '../formats/write-folder.ts'
import { writeModelShards } from '../formats/write-shards.ts'
import type { Backend } from '../ir/executable.ts'
import { openTrained } from '../train/checkpoint.ts'
import type { RunControl } from '../train/run.ts'
import { type RunTask, reopenTask } from '../train/task.ts'
import { headFields } from './head-fields.ts'
import { mergedTensors } from './merged-tensors.ts'
import { writePeftAdapter } from './peft-adapter.ts'
import { proveMerge } from './prove.ts'

export type ExportRequest = {
  readonly config: RunConfig
  readonly checkpoint: string
  readonly kind: ExportKind
  readonly output: string
}

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

/** Writes a checkpoint as a merged model or as a PEFT adapter: the whole folder or nothing. */
export async function exportRun(backend: Backend, request: ExportRequest, control: RunControl): Promise<void> {
  const proof =
    request.kind === 'adapter' ? await exportAdapter(backend, request) : await exportMerged(backend, request, control)
  const files = readdirSync(request.output).map((name) => ({ name, bytes: statSync(join(request.output, name)).size }))
  control.report({ type: 'exported', report: { folder: request.output, files, proof } })
}

async function exportAdapter(backend: Backend, { config, checkpoint, output }: ExportRequest): Promise<null> {
  if (!METHODS[config.method].adapterExport) {
    throw fault('bad-config', `${METHODS[config.method].label} has no adapter to export.`, {
      hint: 'Export the merged model instead.',
    })
  }
  const { description } = (await reopenTask(config, dirname(checkpoint))).model
  const trained = openTrained(checkpoint, config)
  try {
    await commitFolder(output, (temporary) => writePeftAdapter(backend, temporary, trained, description, config))
  } finally {
    trained.close()
  }
  return null
}

async function exportMerged(
  backend: Backend,
  request: ExportRequest,
  control: RunControl,
): Promise<ExportReport['proof']> {
  const { config, checkpoint, output } = request
  refuseUnmergeable(config)
  const phase = async (text: string, progress: number | null) => {
    control.report({ type: 'phase', phase: text, progress })
    await control.breathe()
  }
  let proof: ExportReport['proof'] = null
  await commitFolder(output, async (temporary) => {
    const merging = config.quantization === 'none' ? 'Merging' : 'Merging into the dequantised weights'
    await phase(merging, 0)
    const tensors = await mergedTensors(backend, config, checkpoint, (done) => phase(merging, done * 0.8))
    try {
      await writeModelShards(temporary, tensors.list)
    } finally {
      tensors.close()
    }
    copyCompanions(config, await reopenTask(config, dirname(checkpoint)), temporary)
    await phase('Comparing the merged model with the adapter', 0.85)
    proof = await proveMerge(backend, config, checkpoint, temporary)
    refuseWrongMerge(proof)
  })
  return proof
}

function refuseUnmergeable({ method }: RunConfig): void {
  const { label, mergeable, notMergeable, adapterExport }: MethodInfo = METHODS[method]
  if (mergeable) return
  throw fault('bad-config', `${label} cannot be merged: ${notMergeable}.`, {
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
