import { formatBytes } from '../../../shared/domain/amounts.ts'
import { fault } from '../../../shared/domain/error.ts'
import { memoryLimitSchema } from '../../../shared/domain/fit.ts'
import { MEMORY_LIMIT_VARIABLE } from '../../../shared/domain/machine-settings.ts'
import type { Backend } from '../ir/executable.ts'
import type { Program } from '../ir/graph.ts'
import { estimateMemory } from '../ir/memory.ts'
import { memoryNeed } from './memory-need.ts'

/** What of a backend decides how much memory there is, and how much is needed. */
type Computer = Pick<Backend, 'cardMemory' | 'widensBfloat16'>

/** The limit that the user has set on this machine, in bytes; null: none. */
function memoryLimit(text = process.env[MEMORY_LIMIT_VARIABLE]): number | null {
  if (text === undefined || text === '') return null
  const parsed = memoryLimitSchema.safeParse(Number(text))
  if (parsed.success) return parsed.data
  throw fault('bad-config', `${MEMORY_LIMIT_VARIABLE} is "${text}", wanted bytes as a whole number.`, {
    hint: 'Set the limit in Settings, or unset the variable.',
  })
}

/**
 * Refuses what cannot fit before anything is allocated: a machine that runs out of memory kills the process, and
 * perhaps others, without a word. A GPU computes in its own memory, so that is what arrays are held against there; the
 * user's limit is of the machine's memory, and of all that the process takes of it.
 */
export function refuseTooLarge(program: Program, backend: Computer): void {
  refuseOverLimit(program, backend)
  const { cardMemory } = backend
  const { state, working, signature } = estimateMemory(program)
  const [available, where] =
    cardMemory === undefined ? [process.availableMemory(), ''] : [cardMemory ?? Number.POSITIVE_INFINITY, ' on the GPU']
  if (state + working <= available) return
  const parts = `${formatBytes(state)} for weights and optimizer, ${formatBytes(working)} for ${workText(signature)}`
  throw fault(
    'out-of-memory',
    `This run needs about ${formatBytes(state + working)} of memory (${parts}), ${formatBytes(available)} are free${where}.`,
    { hint: LESS, retryable: true },
  )
}

const LESS =
  'Lower per_device_train_batch_size and raise gradient_accumulation_steps, lower max_seq_length, or choose a smaller model.'

function refuseOverLimit(program: Program, { cardMemory, widensBfloat16 }: Computer): void {
  const limit = memoryLimit()
  if (limit === null) return
  const { state, activations, engine } = memoryNeed(program, widensBfloat16)
  const needed = engine + (cardMemory === undefined ? state + activations : 0)
  if (needed <= limit) return
  throw fault(
    'out-of-memory',
    `This run needs about ${formatBytes(needed)} of memory at its peak, and the limit set for this machine is ${formatBytes(limit)}.`,
    { hint: `Raise the limit (Settings, or: dora-studio limit SIZE). ${LESS}`, retryable: true },
  )
}

/** `step:4x64x8` for people. */
function workText(signature: string): string {
  const [kind = '', shape = ''] = signature.split(':')
  const [rows, length] = shape.split('x')
  if (length === undefined) return 'the optimizer'
  return `${kind === 'eval' ? 'evaluating' : 'training on'} ${rows} rows of ${length} tokens at once`
}
