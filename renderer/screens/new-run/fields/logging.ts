import type { Fields } from './field-spec.ts'

/** What is measured and kept along the way. */
export const LOGGING_FIELDS = {
  logging_steps: { kind: 'number', label: 'Log every', hint: 'Steps between points of the curves.' },
  eval_steps: { kind: 'number', label: 'Validate every', hint: 'Steps; 0: only at the end.' },
  save_steps: { kind: 'number', label: 'Checkpoint every', hint: 'Steps; one is always written at the end.' },
  save_total_limit: { kind: 'number', label: 'Checkpoints kept', hint: 'Older ones are removed.' },
  load_best_model_at_end: {
    kind: 'switch',
    label: 'Keep the best checkpoint',
    hint: 'The one with the lowest validation loss, whatever else is removed.',
  },
  early_stopping_patience: { kind: 'number', label: 'Stop early after', hint: 'Validations without a gain; 0: never.' },
  early_stopping_threshold: { kind: 'number', label: 'Smallest gain', hint: 'A loss must fall by more to count.' },
  trajectory_steps: { kind: 'number', label: 'ΔM and ΔD every', hint: 'Steps; 0 switches them off.' },
} as const satisfies Fields
