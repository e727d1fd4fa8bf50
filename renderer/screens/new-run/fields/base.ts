import { BASE_DTYPES, BIAS_TRAINING, QUANTIZATIONS } from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** What becomes of the base model under the method. */
export const BASE_FIELDS = {
  modules_to_save: {
    kind: 'optional-names',
    label: 'Trained whole',
    hint: 'Modules of the base that are trained beside the adapter.',
  },
  bias: { kind: 'choice', choices: BIAS_TRAINING, label: 'Biases', hint: 'Which biases of the base are trained.' },
  quantization: {
    kind: 'choice',
    choices: QUANTIZATIONS,
    label: 'Quantised base',
    hint: 'Frozen weights held in 8 or 4 bits (QLoRA, QDoRA) and unpacked at each step.',
  },
  quantize_embeddings: {
    kind: 'switch',
    label: 'Quantised embeddings',
    hint: 'With a quantised base: embeddings and the output head in 8 bits, else in bfloat16.',
  },
  dtype: {
    kind: 'choice',
    choices: BASE_DTYPES,
    label: 'Base held as',
    hint: 'bfloat16 halves the memory of the frozen weights; exact for a bfloat16 model.',
  },
  bf16: {
    kind: 'switch',
    label: 'Compute in bfloat16',
    hint: 'Matrix products in bfloat16: several times as fast where the processor or GPU has it. The Doctor says so.',
  },
} as const satisfies Fields
