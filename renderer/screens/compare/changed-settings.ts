import type { RunConfig } from '../../../shared/domain/run-config.ts'

export type ChangedSetting = { readonly field: keyof RunConfig; readonly values: readonly string[] }

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return '–'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The fields that are not the same in all configurations, in the order of the form; the name is none. */
export function changedSettings(configs: readonly RunConfig[]): ChangedSetting[] {
  const fields = [...new Set(configs.flatMap((config) => Object.keys(config) as (keyof RunConfig)[]))]
  return fields.flatMap((field) => {
    const values = configs.map((config) => config[field])
    const differ = new Set(values.map((value) => JSON.stringify(value ?? null))).size > 1
    return differ && field !== 'run_name' ? [{ field, values: values.map(textOf) }] : []
  })
}
