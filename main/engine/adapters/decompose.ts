import type { MethodKind } from '../../../shared/domain/method.ts'
import type { Node } from '../ir/graph.ts'
import { add, div, fill, matmul, mul, reshape, safeDivide, stopGradient, sub, sum, withGradient } from '../ops/index.ts'
import type { AdapterGroup, AdapterMethod, AdapterParameter, BoundAdapter } from './adapter.ts'
import { type LowRank, lowRankMoments, mergingPays } from './low-rank.ts'

/** PEFT's key of the magnitude vector (without `.weight`). */
export const MAGNITUDE_PART = 'lora_magnitude_vector'

/**
 * Weight decomposition of any low-rank rule (DoRA, arXiv 2402.09353): W' = g (W + sBA) row by row with g = m / n and
 * n = |W + sBA|. n is a constant to the gradient (section 4.3, eq. 11) and state that is refreshed once an optimizer
 * step. Letters are the paper's: m magnitude, V direction, A and B the low-rank factors.
 */
export const decompose = (kind: MethodKind, lowRank: LowRank): AdapterMethod => ({
  kind,
  trainsBase: false,
  derived: ['base_square', 'norm'],
  parameters: (linear, config) => [...lowRank.parameters(linear, config), magnitude(linear.outFeatures)],
  bind: (group) => bind(group, lowRank),
})

const magnitude = (outFeatures: number): AdapterParameter => ({
  part: MAGNITUDE_PART,
  role: 'm',
  rows: outFeatures,
  columns: 1,
  peftShape: [outFeatures],
  init: 'row-norms',
})

function bind(group: AdapterGroup, lowRank: LowRank): BoundAdapter {
  const factors = lowRank.factors(group)
  const m = group.parameter(MAGNITUDE_PART).blocks[0] as Node
  const g = div(m, group.derived('norm').node)
  const gain = group.byModule(g)
  const carrier = group.byModule(logCarrier(g, m))
  const plainB = group.byModule(factors.scaledB)
  // g is a constant here: its own gradient is taken from the whole product, see mergedProduct.
  const gainedB = group.byModule(mul(stopGradient(g), factors.scaledB))
  const spec = new Map(group.linears.map((linear) => [linear.module, linear]))
  const merged = (module: string) =>
    add(mul(gain.of(module), group.weight(module)), matmul(gainedB.of(module), factors.a(module)))
  return {
    merged,
    moments: () => lowRankMoments(group, factors),
    magnitude: () => m,
    linear: (x, module) => {
      const linear = spec.get(module)
      const a = factors.a(module)
      return linear && mergingPays(x.shape[0] as number, linear, group.config.r)
        ? mergedProduct(x, a, gainedB.of(module), carrier.of(module), merged(module))
        : throughFactors(x, a, plainB.of(module), gain.of(module), group.weight(module))
    },
  }
}

/** base + ((g-1) base + g lora): the small terms are summed first, so nothing of them is rounded away. */
function throughFactors(x: Node, a: Node, b: Node, gain: Node, weight: Node): Node {
  const g = reshape(gain, [1, gain.shape[0] as number])
  const base = matmul(x, weight, { transposeB: true })
  const lora = matmul(matmul(x, a, { transposeB: true }), b, { transposeB: true })
  return add(base, add(mul(sub(g, fill(1)), base), mul(g, lora)))
}

/**
 * g again, as a node whose adjoint is dL/d(log g): m gets dL/dm = dL/d(log g) / m (0 where m is 0), once for all
 * modules instead of module by module.
 */
const logCarrier = (g: Node, m: Node): Node => withGradient(stopGradient(g), [m], (adjoint) => [safeDivide(adjoint, m)])

/**
 * x W'^T in one product, with W' formed once a step. Gradients by hand: dX = dY W', dA = (dY g.sB)^T x,
 * d(g.sB) = dY^T (x A^T), and since y is linear in g, dL/d(log g_j) = sum_t dY_tj y_tj.
 */
function mergedProduct(x: Node, a: Node, gainedB: Node, logGain: Node, merged: Node): Node {
  const y = matmul(x, merged, { transposeB: true })
  return withGradient(y, [x, a, gainedB, logGain], (dy) => [
    matmul(dy, merged),
    matmul(matmul(dy, gainedB), x, { transposeA: true }),
    matmul(dy, matmul(x, a, { transposeB: true }), { transposeA: true }),
    reshape(sum(mul(dy, y), [0]), logGain.shape),
  ])
}
