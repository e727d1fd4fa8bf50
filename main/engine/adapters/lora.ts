import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod, PeftForm, PeftLayer } from './adapter.ts'
import { additive } from './additive.ts'
import { decompose } from './decompose.ts'
import { A, A0, B, B0, embeddingFactors, loraFactors } from './lora-factors.ts'

const plainForm = (useDora: boolean): PeftForm => ({ type: 'LORA', useDora, writesShared: false })

const form =
  (useDora: boolean) =>
  ({ init_lora_weights: start }: RunConfig): PeftForm => ({
    ...plainForm(useDora),
    ...(start === 'pissa' && { convert: doubled }),
  })

/** PiSSA's change as a plain adapter of rank 2r on the unchanged base: [A; A0] and [B, -B0], at the same scale. */
function doubled({ arrays, r, alpha }: PeftLayer, _: unknown, __: unknown, config: RunConfig): PeftLayer {
  const { [A]: a, [B]: b, [A0]: a0, [B0]: b0, ...rest } = arrays
  if (!a || !b || !a0 || !b0) throw new Error('PiSSA arrays are missing')
  const [rows, columns] = [b.shape[0] as number, a.shape[1] as number]
  const dataA = new Float32Array(2 * r * columns)
  dataA.set(a.data)
  dataA.set(a0.data, r * columns)
  const dataB = new Float32Array(rows * 2 * r)
  for (let j = 0; j < rows; j++) {
    dataB.set(b.data.subarray(j * r, (j + 1) * r), 2 * j * r)
    for (let k = 0; k < r; k++) dataB[(2 * j + 1) * r + k] = -(b0.data[j * r + k] as number)
  }
  return {
    arrays: { [A]: { data: dataA, shape: [2 * r, columns] }, [B]: { data: dataB, shape: [rows, 2 * r] }, ...rest },
    r: 2 * r,
    alpha: alpha * (config.use_rslora ? Math.SQRT2 : 2),
  }
}

export const lora: AdapterMethod = {
  ...additive('lora', loraFactors, form(false)),
  embedding: additive('lora', embeddingFactors, () => plainForm(false)),
}
export const dora: AdapterMethod = {
  ...decompose('dora', loraFactors, form(true)),
  embedding: decompose('dora', embeddingFactors, () => plainForm(true)),
}
