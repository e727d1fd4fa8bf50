import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import {
  EXPORT_KINDS,
  type ExportJob,
  type ExportKind,
  type ExportTarget,
  type GgufDtype,
  ggufSizes,
  isExportDtype,
  type MergedSize,
  mergedSizes,
} from '../../../shared/domain/export.ts'
import { GGUF_FAMILIES, isGgufFamily } from '../../../shared/domain/gguf.ts'
import { METHODS, type MethodInfo } from '../../../shared/domain/method.ts'
import type { Checkpoint } from '../../../shared/domain/run.ts'
import type { RunRecord } from '../store/runs.ts'
import { chosenCheckpoint } from './chosen-checkpoint.ts'
import { checkFreeSpace, weightBytes } from './free-space.ts'
import type { HostContext } from './host-context.ts'
import { newRunId } from './run-id.ts'
import { checkTarget } from './target-folder.ts'
import type { WriteQueue } from './write-queue.ts'

type ExportOrder = {
  readonly runId: string
  readonly kind: ExportKind
  readonly folder: string
  /** Of the checkpoint; null: the best one, else the newest. */
  readonly step: number | null
  /** Of a merged model or a GGUF; null: that of the base. */
  readonly dtype: GgufDtype | null
}

/** Why a run cannot be written as this kind, or null. */
function reasonAgainst(kind: ExportKind, record: RunRecord): string | null {
  const { label, adapterExport, mergeable, notMergeable }: MethodInfo = METHODS[record.config.method]
  if (kind === 'adapter')
    return adapterExport ? null : `${label} trains no adapter that PEFT could read, so there is none to export.`
  if (!mergeable) return `${label} cannot be merged into the weights of the model: ${notMergeable}.`
  return kind === 'gguf' ? reasonAgainstGguf(record) : null
}

/** llama.cpp knows language models of some families; what else it cannot run is told by the engine. */
function reasonAgainstGguf({ config, plan }: RunRecord): string | null {
  if (config.task_type !== 'CAUSAL_LM')
    return `As GGUF are written language models, and this run is ${config.task_type}.`
  if (plan === null || isGgufFamily(plan.modelType)) return null
  return `As GGUF are written the families ${GGUF_FAMILIES.join(', ')}, and this model is ${plan.modelType}.`
}

function checkKind(kind: ExportKind, record: RunRecord): void {
  const reason = reasonAgainst(kind, record)
  if (reason !== null) throw fault('conflict', reason, { hint: 'Choose the other kind of export.' })
}

function checkDtype(kind: ExportKind, dtype: GgufDtype | null): void {
  if (kind === 'gguf' || isExportDtype(dtype)) return
  throw fault('bad-config', `dtype: ${dtype} is for GGUF files, not for ${kind}.`, { hint: 'Choose another dtype.' })
}

/** Of the merged model or the GGUF by its dtype; none where the run was never planned. */
function sizesOf(kind: ExportKind, { config, plan }: RunRecord): MergedSize[] {
  if (plan === null || kind === 'adapter') return []
  const adapter = config.method === 'full' ? 0 : plan.trainableParameters
  const sizes = kind === 'gguf' ? ggufSizes : mergedSizes
  return sizes(plan.totalParameters - adapter, weightBytes(config.model_name_or_path))
}

/** An adapter takes what it takes in the checkpoint. */
function adapterBytes(checkpoint: Checkpoint | undefined): number | null {
  const file = checkpoint && join(checkpoint.folder, 'adapter_model.safetensors')
  return file && existsSync(file) ? statSync(file).size : null
}

const NEEDS_BASE = {
  merged: 'a merge reads its weights',
  adapter: 'its config.json tells which layers an adapter is for',
  gguf: 'its weights and its tokenizer go into the file',
} as const satisfies Record<ExportKind, string>

function exportTarget(kind: ExportKind, record: RunRecord, checkpoints: readonly Checkpoint[]): ExportTarget {
  const { config } = record
  const base = config.model_name_or_path
  const reason = existsSync(base)
    ? reasonAgainst(kind, record)
    : `The base model ${base} is no longer there; ${NEEDS_BASE[kind]}. Put it back there, and this can be exported.`
  const sizes = reason === null ? sizesOf(kind, record) : []
  const bytes = kind === 'adapter' ? adapterBytes(checkpoints.at(-1)) : (sizes[0]?.bytes ?? null)
  return { kind, reason, bytes: reason === null ? bytes : null, sizes }
}

/** Writes merged models, adapters and GGUF files from a run's last checkpoint, one at a time, each in its own engine. */
export function createExportService(context: HostContext, queue: WriteQueue) {
  const { store, bus, runsFolder } = context

  function save(job: ExportJob): void {
    store.exports.update(job)
    bus.emit({ event: 'export.updated', payload: job })
  }
  function source(runId: string, step: number | null): { record: RunRecord; checkpoint: Checkpoint } {
    const record = store.runs.record(runId)
    if (!record) throw fault('not-found', `There is no run ${runId}.`)
    const checkpoint = chosenCheckpoint(context, runId, step)
    if (!checkpoint) {
      throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing to export.`, {
        hint: 'Let it train to its end or to its first checkpoint (save_steps).',
      })
    }
    return { record, checkpoint }
  }
  return {
    list: (runId: string): ExportJob[] => store.exports.list(runId),
    /** What the run can be written as, about how large, and why not. */
    targets(runId: string): ExportTarget[] {
      const record = store.runs.record(runId)
      if (!record) throw fault('not-found', `There is no run ${runId}.`)
      return EXPORT_KINDS.map((kind) => exportTarget(kind, record, store.checkpoints.list(runId)))
    },
    async start({ runId, kind, folder, step, dtype }: ExportOrder): Promise<ExportJob> {
      const { record, checkpoint } = source(runId, step)
      const { config } = record
      checkKind(kind, record)
      checkDtype(kind, dtype)
      await checkTarget(folder)
      const merged = () => sizesOf(kind, record).find((size) => size.dtype === dtype)?.peakBytes
      await checkFreeSpace(folder, (kind === 'adapter' ? adapterBytes(checkpoint) : merged()) ?? 0)
      const now = new Date()
      const job: ExportJob = {
        id: newRunId(now),
        runId,
        kind,
        folder,
        step: checkpoint.step,
        status: 'running',
        phase: 'Waiting',
        progress: 0,
        createdAt: now.getTime(),
        report: null,
        error: null,
      }
      store.exports.insert(job, context.owner)
      bus.emit({ event: 'export.updated', payload: job })
      queue.add({
        job,
        request: { type: 'export', config, checkpoint: checkpoint.folder, kind, output: folder, dtype },
        logFile: join(runsFolder, runId, 'export.log'),
        save,
      })
      return job
    },
  }
}
