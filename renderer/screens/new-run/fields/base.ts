import { BASE_DTYPES } from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** How the base model is held, multiplied and thinned, whatever the method. */
export const BASE_FIELDS = {
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
  quantize_embeddings: {
    kind: 'switch',
    label: 'Quantised embeddings',
    hint: 'With a quantised base: embeddings and the output head in 8 bits, else in bfloat16.',
  },
  base_dropout: {
    kind: 'switch',
    label: 'Dropout of the base',
    hint: 'In training, what config.json says is left out at random, as transformers does; none in most decoders, 10 % in BERT and GPT-2.',
  },
} as const satisfies Fields
