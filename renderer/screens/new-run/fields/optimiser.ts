import type { Fields } from './field-spec.ts'

/** AdamW and the seed. */
export const OPTIMISER_FIELDS = {
  weight_decay: { kind: 'number', label: 'Weight decay', hint: 'AdamW’s decay of the trained weights.' },
  max_grad_norm: { kind: 'number', label: 'Gradient clipping', hint: 'Largest gradient norm; 0 switches it off.' },
  adam_beta1: { kind: 'number', label: 'Adam β₁', hint: 'Memory of the gradient.' },
  adam_beta2: { kind: 'number', label: 'Adam β₂', hint: 'Memory of its square.' },
  adam_epsilon: { kind: 'number', label: 'Adam ε', hint: 'Added to the divisor.' },
  seed: { kind: 'number', label: 'Seed', hint: 'Same seed, same order and start.' },
} as const satisfies Fields
