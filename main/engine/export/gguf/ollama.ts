import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { CHATML } from '../../data/chat-template.ts'
import { readRows } from '../../data/read-rows.ts'
import { openTokenizer, type Tokenizer } from '../../data/tokenizer.ts'
import { canQuote, canStop, modelfile } from './modelfile.ts'
import { ollamaTemplate } from './ollama-template.ts'

/** What goes with a GGUF so that it is asked as it was trained. */
export type OllamaPlan = {
  /** For `tokenizer.chat_template`. */
  readonly chatTemplate: string | null
  readonly modelfile: (file: string) => string
  readonly notes: readonly string[]
}

/** Looks at the run's prompt template and its data, and at the tokenizer of the base, be it with another chat template. */
export async function ollamaPlan(config: RunConfig, chatTemplate?: string | null): Promise<OllamaPlan> {
  const own = openTokenizer(config.model_name_or_path)
  const tokenizer = chatTemplate === undefined ? own : { ...own, chatTemplate }
  const name = await templateName(config, tokenizer)
  const found = ollamaTemplate(name, tokenizer)
  const template = found && canQuote(found.template) && canQuote(found.system ?? '') ? found : null
  const stops = [...new Set([tokenizer.eosToken, ...ending(tokenizer, found?.closing ?? '')])].filter(canStop)
  return {
    // What the run was trained on goes with the file, be it the model's own or not.
    chatTemplate: name === 'chatml' ? CHATML : tokenizer.chatTemplate,
    modelfile: (file) => modelfile(file, template, stops),
    notes: template ? [] : [NO_TEMPLATE],
  }
}

const NO_TEMPLATE =
  'The Modelfile has no TEMPLATE: this chat template does not write all turns alike, so it cannot be put in Ollama’s words exactly. Ollama reads it from the GGUF and knows the common ones; try an answer before you rely on it.'

/** With `auto`, rows of plain text are learnt as they are, whatever the model has. */
async function templateName(config: RunConfig, { chatTemplate }: Tokenizer): Promise<string> {
  const { prompt_template: name, train_file: file, columns } = config
  if (name !== 'auto') return name
  const kind = await readRows(file, columns).then(
    ([row]) => row?.kind,
    // The data may be gone by now, and the export does not need them.
    () => undefined,
  )
  return kind === 'text' || (kind === 'pair' && chatTemplate === null) ? 'text' : 'auto'
}

/** What the template writes behind an answer, if it is one token: the model ends its answers with it. */
function ending({ encode }: Tokenizer, closing: string): string[] {
  const text = closing.trim()
  return text !== '' && encode(text).length === 1 ? [text] : []
}
