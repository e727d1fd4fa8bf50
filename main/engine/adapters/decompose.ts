import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'
import {
  add,
  div,
  fill,
  matmul,
  mul,
  neg,
  reshape,
  safeDivide,
  stopGradient,
  sub,
  sum,
  withGradient,
} from '../ops/index.ts'
import type { AdapterGroup, AdapterMethod, BoundAdapter, PeftForm } from './adapter.ts'
import type { Dropout } from './dropout.ts'
import { changeOfRows } from './embedding.ts'
import { type LowRank, lowRankMoments, mergingPays } from './low-rank.ts'
import { asRow, MAGNITUDE_PART, magnitude, magnitudeOnly } from './magnitude.ts'
import { rowNorm } from './rows.ts'

/**
 * Weight decomposition of any low-rank rule (DoRA, arXiv 2402.09353): W' = g (W + sBA) row by row with g = m / n and
 * n = |W + sBA|. By default n is a constant to the gradient (section 4.3, eq. 11) and state that is refreshed once an
 * optimizer step; with `detach_norm: false` it is computed from A and B, and the gradient is that of eq. 6. Letters are
 * the paper's: m magnitude, V direction, A and B the low-rank factors.
 */
export const decompose = (
  kind: MethodKind,
  lowRank: LowRank,
  peft: (config: RunConfig) => PeftForm,
): AdapterMethod => ({
  kind,
  trainsBase: false,
  derived: ['base_square', 'norm'],
  parameters: (linear, config) => [...lowRank.parameters(linear, config), magnitude(linear.outFeatures)],
  ...(lowRank.shared && { shared: lowRank.shared }),
  bind: (group) => bind(group, lowRank),
  magnitudeOnly: magnitudeOnly(kind),
  peft,
})

/** What one module's product needs: the base's share, A, sB, g, and g as it takes up dL/d(log g). */
type ModuleNodes = {
  base(x: Node): Node
  readonly a: Node
  readonly b: Node
  readonly gain: Node
  readonly carrier: Node
}

function bind(group: AdapterGroup, lowRank: LowRank): BoundAdapter {
  const factors = lowRank.factors(group)
  const moments = () => lowRankMoments(group, factors)
  const m = group.parameter(MAGNITUDE_PART).blocks[0] as Node
  const n = group.config.detach_norm
    ? group.derived('norm').node
    : rowNorm(group.derived('base_square').node, moments())
  const g = div(m, n)
  const gain = group.byModule(g)
  const carrier = group.byModule(logCarrier(g, m, n))
  const plainB = group.byModule(factors.scaledB)
  // g is a constant here: its own gradient is taken from the whole product, see mergedProduct.
  const gainedB = group.byModule(mul(stopGradient(g), factors.scaledB))
  const spec = new Map(group.linears.map((linear) => [linear.module, linear]))
  const merged = (module: string) =>
    add(mul(gain.of(module), group.weight(module)), matmul(gainedB.of(module), factors.a(module)))
  return {
    merged,
    moments,
    magnitude: () => m,
    embedding: (ids, module) => {
      const change = changeOfRows(ids, spec.get(module) as LinearSpec, factors.a(module), plainB.of(module))
      return mul(asRow(gain.of(module)), add(group.rows(ids, module), change))
    },
    linear: (x, module, dropout) => {
      const linear = spec.get(module)
      const a = factors.a(module)
      if (!dropout && linear && mergingPays(x.shape[0] as number, linear, a.shape[0] as number, group.config))
        return mergedProduct(x, a, gainedB.of(module), carrier.of(module), merged(module))
      const nodes = {
        base: (seen: Node) => group.product(seen, module),
        a,
        b: plainB.of(module),
        gain: gain.of(module),
        carrier: carrier.of(module),
      }
      return throughFactors(x, dropped(x, module, dropout, group), nodes)
    },
  }
}

/** What the (g-1) base term and the low-rank term see of x. */
type Seen = { readonly byBase: Node; readonly byLora: Node }

/** PEFT drops the input of everything the adapter adds, the base's share of it included; `fast` only that of A. */
function dropped(x: Node, module: string, dropout: Dropout | null, { config }: AdapterGroup): Seen {
  if (!dropout) return { byBase: x, byLora: x }
  const thinned = dropout(x, module)
  return { byBase: config.dora_dropout === 'peft' ? thinned : x, byLora: thinned }
}

/**
 * g (base + lora) in float32; where the base's share of the adapter is dropped, base + ((g-1) base + g lora), of which the
 * small terms are summed first, so that nothing of them is rounded away.
 */
function throughFactors(x: Node, { byBase, byLora }: Seen, nodes: ModuleNodes): Node {
  const { base: product, a, b, gain, carrier } = nodes
  const base = product(x)
  const lora = matmul(matmul(byLora, a, { transposeB: true }), b, { transposeB: true })
  if (byBase === x) return gained(add(base, lora), gain, carrier)
  const g = asRow(gain)
  return add(base, add(mul(sub(g, fill(1)), product(byBase)), mul(g, lora)))
}

/**
 * y = g z, whose gradient keeps y, which its user mostly keeps anyway, and not z, as large, beside it:
 * dL/d(log g_j) = sum_t dY_tj y_tj.
 */
function gained(z: Node, gain: Node, logGain: Node): Node {
  const g = asRow(stopGradient(gain))
  return withGradient(mul(g, z), [z, g, logGain], (dy, { inputs }) => {
    const [y, , g, logGain] = inputs as [Node, Node, Node, Node]
    return [mul(dy, g), null, gainSlope(dy, y, logGain)]
  })
}

/** dL/d(log g) of a y that is linear in g. */
const gainSlope = (dy: Node, y: Node, logGain: Node): Node => reshape(sum(mul(dy, y), [0]), logGain.shape)

/**
 * g again, as a node whose adjoint is dL/d(log g), handed on once for all modules instead of module by module: m gets
 * dL/dm = dL/d(log g) / m (0 where m is 0), and n, where it is not a constant, -dL/d(log g) / n.
 */
const logCarrier = (g: Node, m: Node, n: Node): Node =>
  withGradient(stopGradient(g), [m, n], (adjoint, { inputs }) => {
    const [, m, n] = inputs as [Node, Node, Node]
    return [safeDivide(adjoint, m), neg(div(adjoint, n))]
  })

/**
 * x W'^T in one product, with W' formed once a step. Gradients by hand: dX = dY W', dA = (dY g.sB)^T x,
 * d(g.sB) = dY^T (x A^T), and since y is linear in g, dL/d(log g_j) = sum_t dY_tj y_tj.
 */
function mergedProduct(x: Node, a: Node, gainedB: Node, logGain: Node, merged: Node): Node {
  return withGradient(matmul(x, merged, { transposeB: true }), [x, a, gainedB, logGain, merged], (dy, self) => {
    const [y, x, a, gainedB, logGain, merged] = self.inputs as [Node, Node, Node, Node, Node, Node]
    return [
      matmul(dy, merged),
      matmul(matmul(dy, gainedB), x, { transposeA: true }),
      matmul(dy, matmul(x, a, { transposeB: true }), { transposeA: true }),
      gainSlope(dy, y, logGain),
      null,
    ]
  })
}
