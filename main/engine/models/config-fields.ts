import { fault } from '../../../shared/domain/error.ts'
import { shown } from '../../../shared/domain/shown.ts'

type Config = Readonly<Record<string, unknown>>

/** Reads bounded numbers and flags from a config.json; every complaint names the field. */
export type ConfigFields = {
  /** A whole number from 1 to `max`; `fallback` where the field is absent or null. */
  count(name: string, max: number, fallback?: number): number
  positive(name: string, max: number, fallback?: number): number
  /** A probability of dropout, from 0 to less than 1. */
  rate(name: string, fallback: number): number
  flag(name: string, fallback: boolean): boolean
  text(name: string, fallback?: string): string
  object(name: string): Config
}

export function configFields(config: Config, modelType: string): ConfigFields {
  const complain = (name: string, wanted: string) =>
    fault('bad-file', `config.json: "${name}" is ${shown(config[name])}, ${modelType} needs ${wanted}.`, {
      hint: 'Is config.json from another model, or from a newer version of transformers?',
    })
  const number = (name: string, max: number, whole: boolean, fallback?: number) => {
    const value = config[name] ?? fallback
    const fits = typeof value === 'number' && value > 0 && value <= max && (!whole || Number.isInteger(value))
    if (!fits) throw complain(name, `a ${whole ? 'whole ' : ''}number above 0 and up to ${max}`)
    return value
  }
  return {
    count: (name, max, fallback) => number(name, max, true, fallback),
    positive: (name, max, fallback) => number(name, max, false, fallback),
    rate: (name, fallback) => {
      const value = config[name] ?? fallback
      if (typeof value !== 'number' || !(value >= 0 && value < 1))
        throw complain(name, 'a number from 0 to less than 1')
      return value
    },
    flag: (name, fallback) => {
      const value = config[name] ?? fallback
      if (typeof value !== 'boolean') throw complain(name, 'true or false')
      return value
    },
    text: (name, fallback) => {
      const value = config[name] ?? fallback
      if (typeof value !== 'string') throw complain(name, 'a text')
      return value
    },
    object: (name) => {
      const value = config[name] ?? {}
      if (typeof value !== 'object' || Array.isArray(value)) throw complain(name, 'an object')
      return value as Config
    },
  }
}

/** Refuses a variant of a supported family that this graph does not build, rather than training it wrongly. */
export const unsupported = (modelType: string, what: string) =>
  fault('unsupported-model', `config.json: ${modelType} with ${what} is not supported.`, {
    hint: 'Choose another base model; the README lists what is supported.',
  })
