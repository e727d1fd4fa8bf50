import { type ChatPrompt, generationOptionsSchema } from '../../../shared/domain/chat.ts'
import { toErrorData } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { EngineRequest } from '../../../shared/engine-protocol.ts'
import { type Row, readRows } from '../data/read-rows.ts'
import { tokenise } from '../data/samples.ts'
import { templateOf } from '../data/template.ts'
import { openTokenizer, type Tokenizer } from '../data/tokenizer.ts'
import type { Backend } from '../ir/executable.ts'
import type { RunControl } from '../train/run.ts'
import { generate } from './generate.ts'
import { openGenerator } from './generator.ts'

type Order = Extract<EngineRequest, { type: 'generate' }>
type ChatRequest = Extract<EngineRequest, { type: 'chat' }>

/** Messages of a chat that have arrived and wait. */
export type Inbox = {
  readonly add: (message: Extract<EngineRequest, { type: 'generate' | 'cancel' }>) => void
  readonly close: () => void
  /** The next prompt, or null once the chat is closed. */
  readonly next: () => Promise<Order | null>
  readonly cancelled: (id: number) => boolean
}

export function createInbox(): Inbox {
  const orders: Order[] = []
  const cancelled = new Set<number>()
  let closed = false
  let wake = () => {}
  return {
    add: (message) => {
      if (message.type === 'cancel') cancelled.add(message.id)
      else orders.push(message)
      wake()
    },
    close: () => {
      closed = true
      wake()
    },
    next: async () => {
      while (!closed && orders.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return closed ? null : (orders.shift() ?? null)
    },
    cancelled: (id) => closed || cancelled.has(id),
  }
}

/** Loads the model and answers one prompt after another until the chat is closed. A failed answer does not end it. */
export async function answerPrompts(backend: Backend, request: ChatRequest, control: RunControl, inbox: Inbox) {
  control.report({ type: 'phase', phase: 'Loading the model', progress: null })
  const tokenizer = openTokenizer(request.config.model_name_or_path)
  const promptIds = promptEncoder(request.config, tokenizer)
  const generator = await openGenerator(backend, request)
  const instruction = firstInstruction(request.config)
  control.report({ type: 'ready', device: backend.device, slots: generator.slots, instruction })
  for (let order = await inbox.next(); order !== null; order = await inbox.next()) {
    const { id, prompt, options } = order
    try {
      const stats = await generate(generator, tokenizer, promptIds(prompt), generationOptionsSchema.parse(options), {
        onText: (text) => control.report({ type: 'token', id, text }),
        cancelled: () => inbox.cancelled(id),
        breathe: control.breathe,
      })
      control.report({ type: 'generated', id, result: { stats } })
    } catch (error) {
      control.report({ type: 'generated', id, result: { error: toErrorData(error) } })
    }
  }
  generator.dispose()
  control.report({ type: 'stopped', step: 0 })
}

/** Prompts go through the run's own template and the tokenizer exactly as its training rows do. */
export function promptEncoder(
  { prompt_template: template }: Pick<RunConfig, 'prompt_template'>,
  tokenizer: Tokenizer,
): (prompt: ChatPrompt) => number[] {
  const render = templateOf(template, tokenizer)
  return (prompt) => {
    const { ids, promptLength } = tokenise(render(rowOf(prompt, template)), tokenizer)
    return ids.slice(0, promptLength)
  }
}

function rowOf({ text, instruction }: ChatPrompt, template: string): Row {
  if (template === 'text' || instruction === '') return { line: 1, kind: 'pair', prompt: text, completion: '' }
  return { line: 1, kind: 'instruction', instruction, input: text, output: '' }
}

/** The instruction that goes with inputs in the training data, or '' where rows have none (or are gone). */
function firstInstruction({ train_file: file, columns }: RunConfig): string {
  try {
    const [row] = readRows(file, columns)
    return row?.kind === 'instruction' && row.input !== '' ? row.instruction : ''
  } catch {
    return ''
  }
}
