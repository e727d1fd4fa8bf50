import type { Fields } from './field-spec.ts'

/** Warm-up, length, and the batch of evaluation. */
export const SCHEDULE_FIELDS = {
  warmup_steps: { kind: 'number', label: 'Warm-up steps', hint: 'The rate rises this long; goes before the ratio.' },
  warmup_ratio: { kind: 'number', label: 'Warm-up ratio', hint: 'Share of all steps, 0 to 1.' },
  max_steps: { kind: 'number', label: 'Most steps', hint: '−1: by epochs.' },
  per_device_eval_batch_size: { kind: 'number', label: 'Evaluation batch', hint: 'Samples in one pass of validation.' },
} as const satisfies Fields
