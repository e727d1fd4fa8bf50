import { fault } from '../../../shared/domain/error.ts'
import { shown } from '../../../shared/domain/shown.ts'
import type { LabelledRow } from './labelled-rows.ts'

const namesOf = (row: LabelledRow): readonly string[] =>
  row.kind === 'tokens' ? row.tags : Array.isArray(row.label) ? row.label : []

const isWhole = (name: string) => /^\d{1,9}$/.test(name)

/** The classes of a data set in the order of their columns: numbers by size, names by alphabet. */
export function labelNames(rows: readonly LabelledRow[], path: string, least: number): string[] {
  const names = [...new Set(rows.flatMap(namesOf))]
  if (names.length < least) {
    throw fault(
      'bad-data',
      `${path}: the labels are ${names.join(', ') || 'none'}; wanted at least ${least} classes.`,
      {
        hint: 'With one class there is nothing to tell apart. Is it a regression (problem_type: regression)?',
      },
    )
  }
  if (names.length > 10_000) {
    throw fault('bad-data', `${path}: there are ${names.length} different labels, at most 10000 can be told apart.`, {
      hint: 'Are the labels numbers to predict (problem_type: regression)?',
    })
  }
  return names.every(isWhole) ? names.sort((a, b) => Number(a) - Number(b)) : names.sort()
}

/** What is wrong with a row whose label is none of `known`; null where all is well. */
export function strangeLabel(row: LabelledRow, known: ReadonlyMap<string, number>): string | null {
  const stranger = namesOf(row).find((name) => !known.has(name))
  return stranger === undefined ? null : `the label ${shown(stranger, 60)} does not occur in the training data`
}
