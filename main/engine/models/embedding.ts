import type { LinearSpec } from './model.ts'

/** A table [rows, width] as what adapters can take hold of. */
export const embeddingSpec = (
  module: string,
  rows: number,
  width: number,
  paddingRow: number | null = null,
): LinearSpec => ({
  module,
  inFeatures: rows,
  outFeatures: width,
  bias: false,
  layer: 0,
  fanInFanOut: true,
  embedding: { paddingRow },
})

/**
 * The row of the padding token by config.json, or by transformers' default for the family where the field is absent;
 * below zero it counts from the end. Null where there is none.
 */
export function paddingRow(
  { pad_token_id: given }: Readonly<Record<string, unknown>>,
  rows: number,
  fallback: number | null = null,
): number | null {
  const id = given === undefined ? fallback : given
  if (typeof id !== 'number' || !Number.isInteger(id)) return null
  const row = id < 0 ? id + rows : id
  return row >= 0 && row < rows ? row : null
}
