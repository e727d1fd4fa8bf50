import { BACKENDS } from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** What computes. */
export const ENGINE_FIELDS = {
  backend: { kind: 'choice', choices: BACKENDS, label: 'Back end', hint: 'auto: TensorFlow where it can be had.' },
} as const satisfies Fields
