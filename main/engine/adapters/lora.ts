import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node } from '../ir/graph.ts'
import { concat, neg, scale, transpose } from '../ops/index.ts'
import type { AdapterGroup, AdapterParameter, Init, PeftForm, PeftLayer } from './adapter.ts'
import { additive } from './additive.ts'
import { decompose } from './decompose.ts'
import type { LowRank } from './low-rank.ts'

/** alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (arXiv 2312.03732). */
export const loraScale = ({ r, lora_alpha, use_rslora }: { r: number; lora_alpha: number; use_rslora: boolean }) =>
  lora_alpha / (use_rslora ? Math.sqrt(r) : r)

const A = 'lora_A.weight'
const B = 'lora_B.weight'
/** The factors that PiSSA started from; frozen. */
const A0 = 'initial_A.weight'
const B0 = 'initial_B.weight'

const inits: Readonly<Record<string, readonly [a: Init, b: Init]>> = {
  true: ['kaiming-uniform', 'zeros'],
  gaussian: ['gaussian', 'zeros'],
  pissa: ['pissa-a', 'pissa-b'],
}

/**
 * LoRA's factors A [r, in] and B [out, r]. With PiSSA (arXiv 2404.02948) they start at the leading singular vectors of
 * W, and what is frozen is W - sB0 A0: the change of the weight is s(BA - B0 A0), a low-rank product of rank 2r whose
 * second half is frozen. So W itself stays what the file says, and the start is W exactly.
 */
export const loraFactors: LowRank = {
  parameters: ({ inFeatures, outFeatures }, { r, init_lora_weights: start }) => {
    const [initA, initB] = inits[String(start)] as readonly [Init, Init]
    const factor = (part: string, role: 'A' | 'B', init: Init): AdapterParameter => {
      const [rows, columns] = role === 'A' ? [r, inFeatures] : [outFeatures, r]
      return { part, role, rows, columns, peftShape: [rows, columns], init }
    }
    const pair = [factor(A, 'A', initA), factor(B, 'B', initB)]
    if (start !== 'pissa') return pair
    const frozen = [factor(A0, 'A', initA), factor(B0, 'B', initB)]
    return [...pair, ...frozen.map((parameter) => ({ ...parameter, frozen: true }))]
  },
  factors: (group) => {
    const b = scale(blockOf(group, B), loraScale(group.config))
    const a = group.parameter(A)
    if (group.config.init_lora_weights !== 'pissa') return { scaledB: b, a: a.of }
    const b0 = scale(blockOf(group, B0), loraScale(group.config))
    const a0 = group.parameter(A0)
    const both = new Map(group.linears.map(({ module }) => [module, concat([a.of(module), a0.of(module)])]))
    return { scaledB: sideBySide(b, neg(b0)), a: (module) => both.get(module) as Node }
  },
}

function blockOf(group: AdapterGroup, part: string): Node {
  const block = group.parameter(part).blocks[0]
  if (!block) throw new Error(`${part} is missing`)
  return block
}

const sideBySide = (left: Node, right: Node): Node =>
  transpose(concat([transpose(left, [1, 0]), transpose(right, [1, 0])]), [1, 0])

const form =
  (useDora: boolean) =>
  ({ init_lora_weights: start }: RunConfig): PeftForm => ({
    type: 'LORA',
    useDora,
    writesShared: false,
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

export const lora = additive('lora', loraFactors, form(false))
export const dora = decompose('dora', loraFactors, form(true))
