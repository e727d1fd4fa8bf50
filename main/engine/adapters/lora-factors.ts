import type { Node } from '../ir/graph.ts'
import { concat, neg, scale, transpose } from '../ops/index.ts'
import type { AdapterGroup, AdapterParameter, Init, Role } from './adapter.ts'
import type { LowRank } from './low-rank.ts'

/** alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (arXiv 2312.03732). */
export const loraScale = ({ r, lora_alpha, use_rslora }: { r: number; lora_alpha: number; use_rslora: boolean }) =>
  lora_alpha / (use_rslora ? Math.sqrt(r) : r)

export const A = 'lora_A.weight'
export const B = 'lora_B.weight'
/** The factors that PiSSA started from; frozen. */
export const A0 = 'initial_A.weight'
export const B0 = 'initial_B.weight'
/** Of an embedding, in PEFT's files without `.weight`. */
export const EMBEDDING_A = 'lora_embedding_A'
export const EMBEDDING_B = 'lora_embedding_B'

const inits: Readonly<Record<string, readonly [a: Init, b: Init]>> = {
  true: ['kaiming-uniform', 'zeros'],
  gaussian: ['gaussian', 'zeros'],
  pissa: ['pissa-a', 'pissa-b'],
}

const factor = (part: string, role: Role, rows: number, columns: number, init: Init): AdapterParameter => ({
  part,
  role,
  rows,
  columns,
  peftShape: [rows, columns],
  init,
})

/**
 * LoRA's factors A [r, in] and B [out, r]. With PiSSA (arXiv 2404.02948) they start at the leading singular vectors of
 * W, and what is frozen is W - sB0 A0: the change of the weight is s(BA - B0 A0), a low-rank product of rank 2r whose
 * second half is frozen. So W itself stays what the file says, and the start is W exactly.
 */
export const loraFactors: LowRank = {
  parameters: ({ inFeatures, outFeatures }, { r, init_lora_weights: start }) => {
    const [initA, initB] = inits[String(start)] as readonly [Init, Init]
    const pair = [factor(A, 'A', r, inFeatures, initA), factor(B, 'B', outFeatures, r, initB)]
    if (start !== 'pissa') return pair
    const frozen = [factor(A0, 'A', r, inFeatures, initA), factor(B0, 'B', outFeatures, r, initB)]
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

/**
 * LoRA's factors of an embedding [V, D], which is the transposed weight of a linear layer: A [r, V], at first zero, and B
 * [D, r], normal. `init_lora_weights` has no say in it, as in PEFT.
 */
export const embeddingFactors: LowRank = {
  parameters: ({ inFeatures: vocab, outFeatures: width }, { r }) => [
    factor(EMBEDDING_A, 'embedding', r, vocab, 'zeros'),
    factor(EMBEDDING_B, 'embedding', width, r, 'normal'),
  ],
  factors: (group) => ({
    scaledB: scale(blockOf(group, EMBEDDING_B), loraScale(group.config)),
    a: group.parameter(EMBEDDING_A).of,
  }),
}

function blockOf(group: AdapterGroup, part: string): Node {
  const block = group.parameter(part).blocks[0]
  if (!block) throw new Error(`${part} is missing`)
  return block
}

const sideBySide = (left: Node, right: Node): Node =>
  transpose(concat([transpose(left, [1, 0]), transpose(right, [1, 0])]), [1, 0])
