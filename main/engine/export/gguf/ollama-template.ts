import { chatWriterOf, templateOf } from '../../data/template.ts'
import type { Tokenizer } from '../../data/tokenizer.ts'
import { type ChatParts, chatParts } from './chat-parts.ts'

/** How Ollama puts texts together for a model: a Go template, a system message that goes with it, the end of an answer. */
export type OllamaTemplate = {
  readonly template: string
  readonly system: string | null
  readonly closing: string
}

type Tokens = Pick<Tokenizer, 'chatTemplate' | 'bosToken' | 'eosToken' | 'addsBos'>

const [INSTRUCTION, INPUT] = ['\u{F8FF}instruction\u{F8FF}', '\u{F8FF}input\u{F8FF}']

/**
 * The template that writes what the run was trained on: the model's chat template, ChatML, Alpaca's, or the user's own.
 * null: the chat template is none that can be written in Go so.
 */
export function ollamaTemplate(name: string, tokens: Tokens): OllamaTemplate | null {
  const write = chatWriterOf(name, tokens)
  if (!write) return { template: promptTemplate(name, tokens), system: null, closing: '' }
  // Ollama, too, puts the tokenizer's own beginning before the text.
  const parts = chatParts(write, tokens.addsBos ? (tokens.bosToken ?? '') : '')
  return parts && { template: chatTemplate(parts), system: parts.assumed, closing: parts.closing }
}

const chatTemplate = ({ system, user: [before, after], closing }: ChatParts): string => {
  const asked = `{{ .Prompt }}${literal(after)}{{ .Response }}${literal(closing)}`
  if (!system) return `${literal(before)}${asked}`
  const [opening, ending] = system.map(literal)
  return `{{ if .System }}${opening}{{ .System }}${ending}{{ else }}${literal(before)}{{ end }}${asked}`
}

/** Rows were written by the template itself, so what it writes around stand-ins is what the model has seen. */
function promptTemplate(name: string, tokens: Tokens): string {
  const whole = prompted(name, tokens, INSTRUCTION, INPUT)
  const alone = prompted(name, tokens, INSTRUCTION, '')
  if (!whole.includes(INPUT)) return go(alone.replaceAll(INSTRUCTION, INPUT))
  if (!whole.includes(INSTRUCTION)) return go(whole)
  return `{{ if .System }}${go(whole, false)}{{ else }}${go(alone.replaceAll(INSTRUCTION, INPUT), false)}{{ end }}{{ .Response }}`
}

function prompted(name: string, tokens: Tokens, instruction: string, input: string): string {
  if (name === 'text') return INPUT
  const render = templateOf(name === 'auto' ? 'alpaca' : name, tokens)
  return render({ line: 1, kind: 'instruction', instruction, input, output: '' }).prompt
}

const go = (prompt: string, answered = true): string => {
  const pieces = prompt.split(new RegExp(`(${INSTRUCTION}|${INPUT})`, 'u'))
  const written = pieces.map((piece) =>
    piece === INSTRUCTION ? '{{ .System }}' : piece === INPUT ? '{{ .Prompt }}' : literal(piece),
  )
  return `${written.join('')}${answered ? '{{ .Response }}' : ''}`
}

/** Text that Go's templates leave as it is. */
const literal = (text: string): string => text.replaceAll('{{', '{{ "{{" }}')
