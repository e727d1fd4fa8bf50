import type { DataQuestion, DataTask } from '../../../shared/domain/data-facts.ts'
import { PROBLEM_TYPES, TASK_TYPES } from '../../../shared/domain/run-config.ts'

type TaskType = DataQuestion['taskType']

const WORDS = {
  CAUSAL_LM: 'continuing text',
  SEQ_CLS: 'classifying texts',
  TOKEN_CLS: 'tagging words',
  FEATURE_EXTRACTION: 'embedding texts',
} as const satisfies Record<DataTask['taskType'], string>

/** What rows are learnt for, in a few words. */
export const taskWords = ({ taskType, problemType }: DataTask): string =>
  problemType === 'regression' && taskType === 'SEQ_CLS' ? 'grading texts (regression)' : WORDS[taskType]

/** One choice for task and kind of label together. */
export type TaskChoice = 'auto' | `${DataTask['taskType']} ${DataTask['problemType']}`

const single = (taskType: DataTask['taskType']): TaskChoice => `${taskType} single_label_classification`

/** What a data file can be looked at as. */
export const TASK_CHOICES: readonly { readonly value: TaskChoice; readonly label: string }[] = [
  { value: 'auto', label: 'what its columns say' },
  { value: single('CAUSAL_LM'), label: 'texts to continue' },
  { value: single('SEQ_CLS'), label: 'texts with one label' },
  { value: 'SEQ_CLS multi_label_classification', label: 'texts with several labels' },
  { value: 'SEQ_CLS regression', label: 'texts with a number' },
  { value: single('TOKEN_CLS'), label: 'words with tags' },
  { value: single('FEATURE_EXTRACTION'), label: 'texts to embed' },
]

/** The parts of a question about data that a choice stands for. */
export function taskOfChoice(choice: TaskChoice): { taskType: TaskType; problemType: DataTask['problemType'] } {
  const [task, problem] = choice.split(' ')
  return {
    taskType: TASK_TYPES.find((name) => name === task) ?? 'auto',
    problemType: PROBLEM_TYPES.find((name) => name === problem) ?? 'single_label_classification',
  }
}
