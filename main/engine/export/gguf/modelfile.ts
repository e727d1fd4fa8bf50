import type { OllamaTemplate } from './ollama-template.ts'

/** Ollama's own quotes for texts of several lines; it knows no way to write them inside such a text. */
const QUOTES = '"""'

/** A Modelfile for `ollama create NAME -f Modelfile`: weights, template, and the texts at which an answer ends. */
export function modelfile(file: string, template: OllamaTemplate | null, stops: readonly string[]): string {
  const { template: text, system } = template ?? { template: null, system: null }
  const lines = [
    `FROM ./${file}`,
    ...(text === null ? [] : [`TEMPLATE ${QUOTES}${text}${QUOTES}`]),
    ...(system === null ? [] : [`SYSTEM ${QUOTES}${system}${QUOTES}`]),
    ...stops.map((stop) => `PARAMETER stop "${stop}"`),
  ]
  return `${lines.join('\n')}\n`
}

/** Whether a text can stand in a Modelfile. */
export const canQuote = (text: string): boolean =>
  !text.includes(QUOTES) && !text.endsWith('"') && !text.startsWith('"')
export const canStop = (text: string): boolean => text !== '' && !/["\r\n]/.test(text)
