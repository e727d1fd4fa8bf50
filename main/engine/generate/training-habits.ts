import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type Row, readRows } from '../data/read-rows.ts'

/** What all rows of a run's training data have in common. */
export type TrainingHabits = {
  /** The system message that conversations begin with, or ''. */
  readonly system: string
  /** The instruction that goes with inputs, or '' where rows have none. */
  readonly instruction: string
  /** The answers where there are few of them, as in a classification by words; else empty. */
  readonly answers: readonly string[]
}

/** More answers than this, or longer ones, are texts and no labels. */
const MOST_ANSWERS = 16
const LONGEST_ANSWER = 40
/** Fewer rows than this for each answer say nothing about how many there are. */
const ROWS_AN_ANSWER = 3

/** Looked up in the training file; where it is gone nothing is known. */
export async function trainingHabits({
  train_file: file,
  columns,
}: Pick<RunConfig, 'train_file' | 'columns'>): Promise<TrainingHabits> {
  try {
    return habitsOf(await readRows(file, columns))
  } catch {
    return { system: '', instruction: '', answers: [] }
  }
}

export function habitsOf(rows: readonly Row[]): TrainingHabits {
  const [first] = rows
  const opening = first?.kind === 'chat' ? first.messages[0] : undefined
  return {
    system: opening?.role === 'system' ? opening.content : '',
    instruction: first?.kind === 'instruction' && first.input !== '' ? first.instruction : '',
    answers: answersOf(rows),
  }
}

function answersOf(rows: readonly Row[]): string[] {
  const answers = new Set<string>()
  for (const row of rows) {
    const answer = row.kind === 'instruction' ? row.output : row.kind === 'pair' ? row.completion : null
    if (answer === null || answer.length > LONGEST_ANSWER) return []
    answers.add(answer)
    if (answers.size > MOST_ANSWERS) return []
  }
  return answers.size > 1 && rows.length >= ROWS_AN_ANSWER * answers.size ? [...answers].sort() : []
}
