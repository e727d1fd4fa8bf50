import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { ExportKind, ExportReport } from '../../../shared/domain/export.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { readConfig } from '../formats/model-folder.ts'
import { commitFolder } from '../formats/write-folder.ts'
import { writeModelShards } from '../formats/write-shards.ts'
import type { Backend } from '../ir/executable.ts'
import { weightsFile } from '../train/checkpoint.ts'
import type { RunControl } from '../train/run.ts'
import { mergedTensors } from './merged-tensors.ts'
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
    request.kind === 'adapter' ? await exportAdapter(request) : await exportMerged(backend, request, control)
  const files = readdirSync(request.output).map((name) => ({ name, bytes: statSync(join(request.output, name)).size }))
  control.report({ type: 'exported', report: { folder: request.output, files, proof } })
}

async function exportAdapter({ config, checkpoint, output }: ExportRequest): Promise<null> {
  if (!METHODS[config.method].adapterExport) {
    throw fault('bad-config', `${METHODS[config.method].label} has no adapter to export.`, {
      hint: 'Export the merged model instead.',
    })
  }
  await commitFolder(output, (temporary) => {
    cpSync(join(checkpoint, weightsFile(config)), join(temporary, 'adapter_model.safetensors'))
    cpSync(join(checkpoint, 'adapter_config.json'), join(temporary, 'adapter_config.json'))
  })
  return null
}

async function exportMerged(
  backend: Backend,
  request: ExportRequest,
  control: RunControl,
): Promise<ExportReport['proof']> {
  const { config, checkpoint, output } = request
  const phase = async (text: string, progress: number | null) => {
    control.report({ type: 'phase', phase: text, progress })
    await control.breathe()
  }
  let proof: ExportReport['proof'] = null
  await commitFolder(output, async (temporary) => {
    await phase('Merging', 0)
    const tensors = await mergedTensors(backend, config, checkpoint, (done) => phase('Merging', done * 0.8))
    try {
      await writeModelShards(temporary, tensors.list)
    } finally {
      tensors.close()
    }
    copyCompanions(config.model_name_or_path, temporary)
    await phase('Comparing the merged model with the adapter', 0.85)
    proof = await proveMerge(backend, config, checkpoint, temporary)
    refuseWrongMerge(proof)
  })
  return proof
}

/** config.json with the dtype that was written, and the tokenizer's files. */
function copyCompanions(base: string, target: string): void {
  for (const name of COMPANIONS) if (existsSync(join(base, name))) cpSync(join(base, name), join(target, name))
  const config = mergedConfig(base)
  writeFileSync(join(target, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
}

function mergedConfig(base: string): Record<string, unknown> {
  const { torch_dtype: _, ...config } = readConfig(base)
  return { ...config, dtype: 'float32' }
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
