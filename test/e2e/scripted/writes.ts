import { randomUUID } from 'node:crypto'
import type { CallInput } from '../../../shared/contract.ts'
import { type ExportJob, ggufSizes, type MergeProof, mergedSizes } from '../../../shared/domain/export.ts'
import type { MergeJob } from '../../../shared/domain/merge.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import type { Handlers, Publish } from './server.ts'

const MODEL_FILES = [
  { name: 'config.json', bytes: 812 },
  { name: 'generation_config.json', bytes: 132 },
  { name: 'model.safetensors', bytes: 24_190_112 },
  { name: 'tokenizer.json', bytes: 402_113 },
  { name: 'tokenizer_config.json', bytes: 512 },
]
const PROOF: MergeProof = {
  prompts: 32,
  tokens: 1240,
  maxAbsDifference: 3.1e-5,
  maxAbsLogit: 18.2,
  meanKl: 4.2e-10,
  topOneAgreement: 1,
  dtype: 'float32',
  unrounded: null,
}
const GGUF_FILES = [
  { name: 'Modelfile', bytes: 120 },
  { name: 'kinds-Q8_0.gguf', bytes: 6_586_400 },
]
const ROUNDED: MergeProof = { ...PROOF, maxAbsDifference: 0.062, dtype: 'bfloat16', unrounded: 3.1e-5 }

const QUANTISED: MergeProof = { ...PROOF, maxAbsDifference: 0.2, dtype: 'q8_0', unrounded: 3.1e-5 }

/** Exports that take two seconds, and merges that are there at once. */
export function createScriptedWrites(publish: Publish, detailOf: (runId: string) => RunDetail) {
  const exports = new Map<string, ExportJob>()
  const merges: MergeJob[] = []
  const update = (job: ExportJob) => {
    exports.set(job.id, job)
    publish('export.updated', job)
    return job
  }
  const play = (job: ExportJob) => {
    let progress = 0
    const timer = setInterval(() => {
      progress = Math.min(1, progress + 0.1)
      const phase = progress < 0.6 ? 'Merging the weights' : 'Proving the merge'
      if (progress < 1) return update({ ...job, progress, phase })
      clearInterval(timer)
      const isGguf = job.kind === 'gguf'
      const files = isGguf ? GGUF_FILES : MODEL_FILES
      const proof = job.kind === 'adapter' ? null : isGguf ? QUANTISED : PROOF
      const notes = isGguf ? ['The Modelfile has no TEMPLATE.'] : []
      const report = { folder: job.folder, files, proof, notes }
      return update({ ...job, progress, phase: null, status: 'finished', report })
    }, 200)
  }
  return {
    'exports.targets': () => [
      { kind: 'merged', bytes: 24_190_112, reason: null, sizes: mergedSizes(6_047_528, 24_190_112) },
      { kind: 'adapter', bytes: 1_650_000, reason: null, sizes: [] },
      { kind: 'gguf', bytes: 24_190_112, reason: null, sizes: ggufSizes(6_047_528, 24_190_112) },
    ],
    'exports.list': ({ runId }: CallInput<'exports.list'>) =>
      [...exports.values()].filter((job) => job.runId === runId),
    'exports.start': (order: CallInput<'exports.start'>) => {
      const { step } = detailOf(order.runId)
      const state = {
        status: 'running',
        phase: 'Reading the checkpoint',
        progress: 0,
        report: null,
        error: null,
      } as const
      const job: ExportJob = { ...order, ...state, step, id: randomUUID(), createdAt: Date.now() }
      play(job)
      return update(job)
    },
    'merges.list': () => merges,
    'merges.start': (order: CallInput<'merges.start'>) => {
      const report = { folder: order.folder, files: MODEL_FILES, proof: ROUNDED, notes: [] }
      const state = { status: 'finished', phase: null, progress: 1, report, error: null } as const
      const job: MergeJob = { id: randomUUID(), createdAt: Date.now(), dtype: null, kind: 'merged', ...order, ...state }
      merges.push(job)
      publish('merge.updated', job)
      return job
    },
  } satisfies Partial<Handlers>
}
