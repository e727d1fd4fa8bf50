import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'
import { add, matmul, withGradient } from '../ops/index.ts'
import type { AdapterGroup, AdapterMethod, BoundAdapter, PeftForm } from './adapter.ts'
import { changeOfRows } from './embedding.ts'
import { type LowRank, lowRankMoments, mergingPays } from './low-rank.ts'

/** y = x (W + sBA)^T: the low-rank change is added to the weight as it is (LoRA, arXiv 2106.09685). */
export const additive = (kind: MethodKind, lowRank: LowRank, peft: (config: RunConfig) => PeftForm): AdapterMethod => ({
  kind,
  trainsBase: false,
  derived: ['base_square'],
  parameters: lowRank.parameters,
  ...(lowRank.shared && { shared: lowRank.shared }),
  bind: (group) => bind(group, lowRank),
  peft,
})

function bind(group: AdapterGroup, lowRank: LowRank): BoundAdapter {
  const factors = lowRank.factors(group)
  const scaledB = group.byModule(factors.scaledB)
  const spec = new Map(group.linears.map((linear) => [linear.module, linear]))
  const merged = (module: string) => add(group.weight(module), matmul(scaledB.of(module), factors.a(module)))
  return {
    merged,
    moments: () => lowRankMoments(group, factors),
    magnitude: () => null,
    embedding: (ids, module) =>
      add(
        group.rows(ids, module),
        changeOfRows(ids, spec.get(module) as LinearSpec, factors.a(module), scaledB.of(module)),
      ),
    linear: (x, module, dropout) => {
      const [a, b, linear] = [factors.a(module), scaledB.of(module), spec.get(module)]
      return !dropout && linear && mergingPays(x.shape[0] as number, linear, a.shape[0] as number, group.config)
        ? mergedProduct(x, a, b, merged(module))
        : add(group.product(x, module), throughFactors(dropout ? dropout(x, module) : x, a, b))
    },
  }
}

const throughFactors = (x: Node, a: Node, b: Node): Node =>
  matmul(matmul(x, a, { transposeB: true }), b, { transposeB: true })

/**
 * x W'^T in one product. The gradient goes to the factors directly, through [rows, r] arrays: dX = dY W',
 * dA = (dY sB)^T x, d(sB) = dY^T (x A^T); the dense dW' [out, in] is never formed.
 */
function mergedProduct(x: Node, a: Node, b: Node, merged: Node): Node {
  return withGradient(matmul(x, merged, { transposeB: true }), [x, a, b, merged], (dy, self) => {
    const [, x, a, b, merged] = self.inputs as [Node, Node, Node, Node, Node]
    return [
      matmul(dy, merged),
      matmul(matmul(dy, b), x, { transposeA: true }),
      matmul(dy, matmul(x, a, { transposeB: true }), { transposeA: true }),
      null,
    ]
  })
}
