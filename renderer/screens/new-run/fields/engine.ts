import { BACKENDS, DEVICES } from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** What computes. */
export const ENGINE_FIELDS = {
  backend: { kind: 'choice', choices: BACKENDS, label: 'Back end', hint: 'auto: TensorFlow where it can be had.' },
  device: { kind: 'choice', choices: DEVICES, label: 'Device', hint: 'auto: the GPU where there is one.' },
  xla: { kind: 'switch', label: 'Compile with XLA', hint: 'Slower to start; on a GPU often faster afterwards.' },
} as const satisfies Fields
