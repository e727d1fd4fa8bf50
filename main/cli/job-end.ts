import type { EventName, EventPayload } from '../../shared/contract.ts'
import { formatBytes } from '../../shared/domain/amounts.ts'
import { type GgufDtype, MERGE_BOUNDS, type MergeProof, type WriteState } from '../../shared/domain/export.ts'
import type { Host } from '../host/host.ts'
import { numberText, shareText } from './format.ts'
import { lastState } from './last-state.ts'
import type { Output } from './output.ts'

type JobEvent = Extract<EventName, 'export.updated' | 'merge.updated'>

/** Settles with a job's last state; phases are shown on the way. `current` asks for it once, lest its end was missed. */
export function jobEnd<E extends JobEvent>(
  host: Host,
  event: E,
  id: string,
  current: () => Promise<EventPayload<E> | undefined>,
  output: Output,
): Promise<EventPayload<E>> {
  let phase = ''
  const show = (job: EventPayload<E>) => {
    output.record({ event, payload: job })
    if (job.phase && job.phase !== phase) output.line(job.phase)
    phase = job.phase ?? ''
  }
  return lastState<E>(host, event, { id, isAtWork: ({ status }) => status === 'running', show, current })
}

/** The files that were written, and the proof of a merge. */
export function reportText({ report }: Pick<WriteState, 'report'>): string {
  if (!report) return ''
  const { folder, files, proof, notes } = report
  const lines = [`Written to ${folder}:`, ...files.map(({ name, bytes }) => `  ${name}  ${formatBytes(bytes)}`)]
  return [...lines, ...(proof ? [proofText(proof)] : []), ...notes.map((note) => `Note: ${note}`)].join('\n')
}

function proofText(proof: MergeProof): string {
  const { maxAbsDifference, maxAbsLogit, topOneAgreement, prompts, tokens, dtype, unrounded } = proof
  const bound = (of: GgufDtype) => `bound ${numberText(MERGE_BOUNDS[of] * maxAbsLogit)}`
  const merged = `logits differ by at most ${numberText(unrounded ?? maxAbsDifference)} (${bound('float32')})`
  const rounded =
    unrounded === null ? '' : `, rounded to ${dtype} as written by ${numberText(maxAbsDifference)} (${bound(dtype)})`
  const scale = `largest logit ${numberText(maxAbsLogit)}, same next token in ${shareText(topOneAgreement)}`
  return `Checked on ${prompts} prompts (${tokens} tokens): ${merged}${rounded}; ${scale}.`
}
