import { holdsFloat32, type RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'
import { concat, matmul, mul } from '../ops/index.ts'
import type { AdapterGroup, AdapterMethod, AdapterParameter, Moments } from './adapter.ts'
import { inTurn, rowSum } from './rows.ts'

/** A rule for a low-rank change of direction, delta = (sB) A; LoRA's and VeRA's differ only in what makes the factors. */
export type LowRank = {
  parameters(linear: LinearSpec, config: RunConfig): readonly AdapterParameter[]
  readonly shared?: AdapterMethod['shared']
  factors(group: AdapterGroup): Factors
}

/** sB of all modules [sum of out, r] with the scale folded in, and A of one module [r, in]. */
export type Factors = { readonly scaledB: Node; a(module: string): Node }

/**
 * c and d of delta = (sB) A without forming it: c = rowsum(W A^T . sB), d = rowsum(sB (A A^T) . sB). Costs
 * 2 out in r a module instead of several passes over out x in.
 */
export function lowRankMoments(group: AdapterGroup, { scaledB, a }: Factors): Moments {
  const b = group.byModule(scaledB)
  const projected = inTurn(group.linears, ({ module }, before) =>
    matmul(group.weight(module, before), a(module), EXACT),
  )
  const gram = group.linears.map(({ module }) =>
    matmul(b.of(module), matmul(a(module), a(module), EXACT), { exact: true }),
  )
  return { c: rowSum(mul(concat(projected), scaledB)), d: rowSum(mul(concat(gram), scaledB)) }
}

/** Norms stay float32 whatever a run computes in: g - 1 is smaller than bfloat16 can tell from 0. */
const EXACT = { transposeB: true, exact: true }

/** Cost of a pass over one float32 element in units of one floating-point operation of a matrix product. */
const PASS = 10

/**
 * Whether forming the effective weight once a step (2 out in r + passes over out x in) costs less than keeping the
 * factors apart (products and passes over tokens x out). Both give the same values. Never over a base that is held in
 * less than float32: the effective weights of all layers would be in memory, and in bfloat16 what is trained would be
 * rounded away in them.
 */
export function mergingPays(
  tokens: number,
  { inFeatures, outFeatures }: LinearSpec,
  r: number,
  config: RunConfig,
): boolean {
  if (!holdsFloat32(config)) return false
  const merged = outFeatures * inFeatures * (2 * r + 4 * PASS)
  const factored = tokens * (2 * r * (inFeatures + outFeatures) + 8 * PASS * outFeatures)
  return merged < factored
}
