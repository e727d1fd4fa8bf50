import type { Node } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'
import { concat, mul, slice, transpose } from '../ops/index.ts'
import type { PeftArrays, PeftForm, PeftLayer } from './adapter.ts'
import { additive } from './additive.ts'
import { decompose } from './decompose.ts'
import type { LowRank } from './low-rank.ts'

const LAMBDA_B = 'vera_lambda_b'
const LAMBDA_D = 'vera_lambda_d'
const SHARED_A = 'vera_A'
const SHARED_B = 'vera_B'

const largest = (linears: readonly LinearSpec[], of: (linear: LinearSpec) => number): number =>
  linears.reduce((most, linear) => Math.max(most, of(linear)), 0)

/**
 * VeRA's factors (arXiv 2310.11454): delta = diag(b) B diag(d) A with A [r, in] and B [out, r] cut from projections that
 * all layers share, frozen and random; only b [out] and d [r] are trained.
 */
export const veraFactors: LowRank = {
  parameters: ({ outFeatures }, { r, d_initial }) => {
    const vector = (part: string, rows: number, start: number) =>
      ({ part, role: 'vector', rows, columns: 1, peftShape: [rows], init: { constant: start } }) as const
    return [vector(LAMBDA_B, outFeatures, 0), vector(LAMBDA_D, r, d_initial)]
  },
  shared: (linears, { r }) => [
    { part: SHARED_A, rows: r, columns: largest(linears, (linear) => linear.inFeatures), init: 'vera-projection' },
    { part: SHARED_B, rows: largest(linears, (linear) => linear.outFeatures), columns: r, init: 'vera-projection' },
  ],
  factors: (group) => {
    const [wholeA, wholeB] = [group.shared(SHARED_A), group.shared(SHARED_B)]
    const turned = transpose(wholeA, [1, 0])
    const cutA = once((width) => (width === wholeA.shape[1] ? wholeA : transpose(slice(turned, 0, width), [1, 0])))
    const cutB = once((rows) => (rows === wholeB.shape[0] ? wholeB : slice(wholeB, 0, rows)))
    const scales = group.parameter(LAMBDA_D)
    const factors = new Map(
      group.linears.map(({ module, inFeatures }) => [module, mul(scales.of(module), cutA(inFeatures))]),
    )
    const stacked = concat(group.linears.map(({ outFeatures }) => cutB(outFeatures)))
    return {
      scaledB: mul(group.parameter(LAMBDA_B).blocks[0] as Node, stacked),
      a: (module) => factors.get(module) as Node,
    }
  },
}

/** Equal cuts are the same node. */
function once(cut: (size: number) => Node): (size: number) => Node {
  const known = new Map<number, Node>()
  return (size) => {
    const piece = known.get(size) ?? cut(size)
    known.set(size, piece)
    return piece
  }
}

/** PEFT has no DVoRA; with b and d multiplied into the projections it is a DoRA layer of scale 1. */
function asDora({ arrays, r }: PeftLayer, shared: PeftArrays, { inFeatures, outFeatures }: LinearSpec): PeftLayer {
  const { [LAMBDA_B]: b, [LAMBDA_D]: d, ...rest } = arrays
  const [a, wholeB] = [shared[SHARED_A], shared[SHARED_B]]
  if (!b || !d || !a || !wholeB) throw new Error('VeRA arrays are missing')
  const width = a.shape[1] as number
  const dataA = Float32Array.from({ length: r * inFeatures }, (_, i) => {
    const row = Math.floor(i / inFeatures)
    return (d.data[row] as number) * (a.data[row * width + (i % inFeatures)] as number)
  })
  const dataB = Float32Array.from(
    { length: outFeatures * r },
    (_, i) => (b.data[Math.floor(i / r)] as number) * (wholeB.data[i] as number),
  )
  const factors = {
    'lora_A.weight': { data: dataA, shape: [r, inFeatures] },
    'lora_B.weight': { data: dataB, shape: [outFeatures, r] },
  }
  return { arrays: { ...factors, ...rest }, r, alpha: r }
}

const veraForm: PeftForm = { type: 'VERA', useDora: false, writesShared: true }
const dvoraForm: PeftForm = { type: 'LORA', useDora: true, writesShared: false, convert: asDora }

export const vera = additive('vera', veraFactors, () => veraForm)
export const dvora = decompose('dvora', veraFactors, () => dvoraForm)
