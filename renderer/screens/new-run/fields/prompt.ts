import { PROBLEM_TYPES, TASK_TYPES } from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** Task, prompt and loss. */
export const PROMPT_FIELDS = {
  task_type: { kind: 'choice', choices: TASK_TYPES, label: 'Task', hint: 'CAUSAL_LM continues texts.' },
  problem_type: {
    kind: 'choice',
    choices: PROBLEM_TYPES,
    label: 'Kind of labels',
    hint: 'For classification and regression only.',
  },
  similarity_scale: {
    kind: 'number',
    label: 'Similarity scale',
    hint: 'For embeddings: cosines are multiplied by it.',
  },
  packing: { kind: 'switch', label: 'Pack samples', hint: 'Several share a row without seeing each other.' },
  prompt_template: {
    kind: 'template',
    label: 'Prompt template',
    hint: 'auto, alpaca, chat, chatml, text, or a text with {instruction}, {input}.',
  },
  train_on_inputs: { kind: 'switch', label: 'Train on prompts too', hint: 'Off: only the answers count in the loss.' },
} as const satisfies Fields
