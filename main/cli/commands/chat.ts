import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import {
  type ChatFrame,
  type ChatModel,
  type GenerationOptions,
  type GenerationStats,
  generationOptionsSchema,
  type Prediction,
} from '../../../shared/domain/chat.ts'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import type { Host } from '../../host/host.ts'
import { describeIssues } from '../../host/services/config-issues.ts'
import { type ChatLine, openChatLine } from '../chat-line.ts'
import { converse } from '../converse.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { numberText } from '../format.ts'
import type { Output } from '../output.ts'
import type { CommandContext, CommandResult } from './command.ts'

/** As commander gives them: the names of the options in camel case. */
export type ChatOptions = {
  /** True: the base of the run; a folder: the base of --adapter. */
  readonly base?: boolean | string
  readonly adapter?: string
  readonly prompt?: string
  readonly system?: string
  readonly instruction?: string
  readonly memory?: boolean
  readonly stop: readonly string[]
  readonly maxNewTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly repetitionPenalty?: number
  readonly seed?: number
}

const REASONS = {
  end: 'end of the answer',
  stop: 'stop text',
  length: 'limit reached',
  context: 'context full',
  cancelled: 'stopped',
} as const satisfies Record<GenerationStats['reason'], string>

function generationOptions(given: ChatOptions): GenerationOptions {
  const { maxNewTokens, topP, topK, repetitionPenalty, stop, temperature, seed } = given
  const options = {
    temperature,
    seed,
    max_new_tokens: maxNewTokens,
    top_p: topP,
    top_k: topK,
    repetition_penalty: repetitionPenalty,
    stop_strings: stop,
  }
  const parsed = generationOptionsSchema.safeParse(options)
  if (parsed.success) return parsed.data
  throw fault('bad-config', 'These options cannot be used.', { details: describeIssues(parsed.error, options) })
}

const WRONG = 'Give a run or a model folder, or --base FOLDER with --adapter FOLDER.'

/** `chat --base last` reads as `chat last --base`. */
function whom(
  text: string | undefined,
  { base, adapter }: ChatOptions,
): string | Extract<ChatModel, { kind: 'adapter' }> {
  if (adapter === undefined) {
    const named = text ?? (typeof base === 'string' ? base : undefined)
    if (named === undefined || (text !== undefined && typeof base === 'string')) throw fault('bad-config', WRONG)
    return named
  }
  if (text !== undefined || typeof base !== 'string') throw fault('bad-config', WRONG)
  return { kind: 'adapter', base: resolve(base), adapter: resolve(adapter) }
}

async function modelOf(host: Host, chosen: ReturnType<typeof whom>, base: boolean): Promise<ChatModel> {
  if (typeof chosen !== 'string') return chosen
  const folder = resolve(chosen)
  if (existsSync(join(folder, 'config.json'))) return { kind: 'folder', folder }
  const { id: runId } = await findRun(host, chosen)
  return base ? { kind: 'base', runId } : { kind: 'tuned', runId, step: null }
}

function statsText({ tokens, seconds, reason, droppedTurns }: GenerationStats): string {
  const rate = seconds > 0 ? ` (${numberText(tokens / seconds)} tokens/s)` : ''
  const left = droppedTurns > 0 ? `; the context is full, ${droppedTurns} earlier turns were left out` : ''
  return `${tokens} tokens in ${numberText(seconds)} s${rate}, ${REASONS[reason]}${left}`
}

const SHOWN_LABELS = 5

function predictionText(prediction: Prediction): string {
  if (prediction.kind === 'value') return numberText(prediction.value)
  const shown = prediction.scores.slice(0, SHOWN_LABELS)
  return shown.map(({ label, probability }) => `${label} ${formatPercent(probability)}`).join(', ')
}

const frameOf = (given: ChatOptions, { facts }: ChatLine): ChatFrame => ({
  system: given.system ?? facts.system,
  instruction: given.instruction ?? facts.instruction,
  memory: given.memory ?? facts.memory,
})

/** Says one text and writes the answer as it comes. */
async function say(line: ChatLine, text: string, frame: ChatFrame, options: GenerationOptions, output: Output) {
  const { json } = output
  const answer = await line.ask(text, frame, options, (piece) => (json ? undefined : void process.stdout.write(piece)))
  const { text: said, stats, prediction, error } = answer
  if (error) throw new StudioError(error)
  output.record({ prompt: text, text: said, stats, prediction })
  if (json) return
  if (prediction && stats === null) process.stdout.write(predictionText(prediction))
  process.stdout.write('\n')
  if (prediction && stats !== null) output.note(predictionText(prediction))
  if (stats) output.note(statsText(stats))
}

/** `chat RUN|MODEL_FOLDER` or `chat --base FOLDER --adapter FOLDER`: one answer with --prompt, else a conversation over standard input. */
export async function chat(
  text: string | undefined,
  given: ChatOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const options = generationOptions(given)
  const chosen = whom(text, given)
  if (!output.json) output.note('Loading the model …')
  const host = await openHost()
  const line = await openChatLine(host, await modelOf(host, chosen, given.base !== undefined))
  const frame = frameOf(given, line)
  if (!output.json && line.facts.note !== '') output.note(line.facts.note)
  const ask = (prompt: string) => say(line, prompt, frame, options, output)
  const stopped = await converse(given.prompt, { ...line, ask, output })
  return stopped && given.prompt !== undefined ? EXIT.interrupted : EXIT.fine
}
