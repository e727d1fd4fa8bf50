import type { FieldSpec } from './fields/field-spec.ts'

/** Names of the layers that a method can take hold of in the chosen model; empty while they are not known. */
export type TargetNames = { readonly linears: readonly string[]; readonly embeddings: readonly string[] }

export const NO_TARGETS: TargetNames = { linears: [], embeddings: [] }

type Group = { readonly group: string; readonly items: string[] }

/** What the input of module names offers: layers, and apart from them embeddings where adapters can go on them. */
export function targetGroups(kind: FieldSpec['kind'], { linears, embeddings }: TargetNames): Group[] {
  if (kind === 'optional-numbers') return []
  const layers = kind === 'modules' ? ['all-linear', ...linears] : [...linears]
  const groups = [
    { group: 'Linear layers', items: layers },
    { group: 'Embeddings (all-linear leaves them out)', items: kind === 'optional-names' ? [] : [...embeddings] },
  ]
  return groups.filter(({ items }) => items.length > 0)
}

/**
 * The names after one was added. `all-linear` names every layer, so it stands alone; an embedding beside it makes it the
 * names that it stands for.
 */
export function withTarget(
  before: readonly string[],
  now: readonly string[],
  { linears, embeddings }: TargetNames,
): readonly string[] {
  const added = now.find((name) => !before.includes(name))
  if (added === 'all-linear') return ['all-linear']
  if (added !== undefined && embeddings.includes(added) && before.includes('all-linear')) return [...linears, added]
  return now.length > 1 ? now.filter((name) => name !== 'all-linear') : now
}
