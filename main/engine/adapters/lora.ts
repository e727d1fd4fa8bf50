import { scale } from '../ops/index.ts'
import { additive } from './additive.ts'
import { decompose } from './decompose.ts'
import type { LowRank } from './low-rank.ts'

/** alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (arXiv 2312.03732). */
export const loraScale = ({ r, lora_alpha, use_rslora }: { r: number; lora_alpha: number; use_rslora: boolean }) =>
  lora_alpha / (use_rslora ? Math.sqrt(r) : r)

/** LoRA's factors: A [r, in] starts uniform, B [out, r] at zero, both trained. */
export const loraFactors: LowRank = {
  parameters: ({ inFeatures, outFeatures }, { r }) => [
    {
      part: 'lora_A.weight',
      role: 'A',
      rows: r,
      columns: inFeatures,
      peftShape: [r, inFeatures],
      init: 'kaiming-uniform',
    },
    { part: 'lora_B.weight', role: 'B', rows: outFeatures, columns: r, peftShape: [outFeatures, r], init: 'zeros' },
  ],
  factors: (group) => {
    const b = group.parameter('lora_B.weight').blocks[0]
    if (!b) throw new Error('lora_B is missing')
    return { scaledB: scale(b, loraScale(group.config)), a: group.parameter('lora_A.weight').of }
  },
}

export const lora = additive('lora', loraFactors)
export const dora = decompose('dora', loraFactors)
