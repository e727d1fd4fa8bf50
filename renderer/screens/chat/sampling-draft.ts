import { type GenerationOptions, generationOptionsSchema } from '../../../shared/domain/chat.ts'

type NumberName = Exclude<keyof GenerationOptions, 'stop_strings'>

/** The numbers that say how an answer is generated, as the panel shows them; names are those of transformers. */
export const SAMPLING_FIELDS = {
  max_new_tokens: { label: 'Longest answer', hint: 'In tokens.' },
  temperature: { label: 'Temperature', hint: '0: always the likeliest token.' },
  top_p: { label: 'Top p', hint: 'Likeliest tokens with this probability together; 1: all.' },
  top_k: { label: 'Top k', hint: 'So many likeliest tokens; 0: all.' },
  repetition_penalty: { label: 'Repetition penalty', hint: 'Over 1: what was said becomes less likely.' },
  seed: { label: 'Seed', hint: 'The same seed gives the same answer.' },
} as const satisfies Record<NumberName, { label: string; hint: string }>

export const SAMPLING_NAMES = Object.keys(SAMPLING_FIELDS) as readonly NumberName[]

/** Numbers as they are typed. */
export type SamplingDraft = Readonly<Record<NumberName, string>> & { readonly stop_strings: readonly string[] }

export const draftOf = (options: GenerationOptions): SamplingDraft => ({
  max_new_tokens: String(options.max_new_tokens),
  temperature: String(options.temperature),
  top_p: String(options.top_p),
  top_k: String(options.top_k),
  repetition_penalty: String(options.repetition_penalty),
  seed: String(options.seed),
  stop_strings: options.stop_strings,
})

export const DEFAULT_DRAFT = draftOf(generationOptionsSchema.parse({}))

export type Checked = {
  /** Null where something cannot be used. */
  readonly options: GenerationOptions | null
  readonly errors: Readonly<Partial<Record<keyof GenerationOptions, string>>>
}

/** An empty field is no number, though `Number('')` is. */
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

export function checkDraft(draft: SamplingDraft): Checked {
  const numbers = Object.fromEntries(SAMPLING_NAMES.map((name) => [name, numberOf(draft[name])]))
  const parsed = generationOptionsSchema.safeParse({ ...numbers, stop_strings: draft.stop_strings })
  if (parsed.success) return { options: parsed.data, errors: {} }
  const errors: Partial<Record<keyof GenerationOptions, string>> = {}
  for (const { path } of parsed.error.issues) {
    const name = path[0] as keyof GenerationOptions
    errors[name] ??= name === 'stop_strings' ? 'At most 16 texts of up to 1000 characters.' : `Give ${RANGES[name]}.`
  }
  return { options: null, errors }
}

const RANGES: Readonly<Record<NumberName, string>> = {
  max_new_tokens: 'a whole number from 1 to 32768',
  temperature: 'a number from 0 to 100',
  top_p: 'a number above 0 and up to 1',
  top_k: 'a whole number from 0 to 1000000',
  repetition_penalty: 'a number above 0 and up to 100',
  seed: 'a whole number from 0 to 2147483647',
}
