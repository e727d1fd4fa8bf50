import { shown } from '../../../shared/domain/shown.ts'
import type { JsonObject } from '../formats/json-file.ts'

/** Reads fields of a row that must be of a kind; complaints are gathered, and a stand-in is given. */
export type FieldReader = {
  text(name: string): string
  isList(name: string): boolean
  list(name: string): readonly unknown[]
  /** A value as it was meant: in files of text alone, numbers are read from it. */
  number(value: unknown): number | null
  complain(what: string): void
  readonly complaints: readonly string[]
}

/** Reads the fields of a row; `textOnly` rows (CSV) hold lists as JSON and numbers as digits. */
export function fieldReader(value: JsonObject, textOnly: boolean): FieldReader {
  const complaints: string[] = []
  const listOf = (name: string): readonly unknown[] | null => {
    const got = value[name]
    const list: unknown = textOnly && typeof got === 'string' ? parsed(got) : got
    return Array.isArray(list) ? list : null
  }
  return {
    complaints,
    complain: (what) => complaints.push(what),
    text: (name) => {
      const got = value[name]
      if (typeof got === 'string') return got
      complaints.push(`"${name}" is ${shown(got, 60)}, wanted text`)
      return ''
    },
    isList: (name) => listOf(name) !== null,
    list: (name) => {
      const list = listOf(name)
      if (list === null) complaints.push(`"${name}" is ${shown(value[name], 60)}, wanted a list`)
      return list ?? []
    },
    number: (given) => {
      if (typeof given === 'number') return Number.isFinite(given) ? given : null
      if (!textOnly || typeof given !== 'string' || given.trim() === '') return null
      return Number.isFinite(Number(given)) ? Number(given) : null
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
