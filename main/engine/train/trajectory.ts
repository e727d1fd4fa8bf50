import { oneMinusCosine, rowNorm } from '../adapters/rows.ts'
import type { Node } from '../ir/graph.ts'
import {
  abs,
  add,
  clampMin,
  concat,
  constant,
  div,
  fill,
  gather,
  intConstant,
  mul,
  reshape,
  segmentSum,
  sqrt,
  square,
  sub,
} from '../ops/index.ts'
import type { BoundCell, BoundModel } from './scope.ts'

/** Outputs of the `trajectory` entry point; each is one number a target module. */
export const TRAJECTORY_METRICS = {
  deltaM: 'delta_m',
  deltaD: 'delta_d',
  gainMean: 'gain_mean',
  gainStd: 'gain_std',
} as const

/**
 * Mean change of magnitude and direction of every module (paper eq. 3 and 4): dM = mean_j |m_j - |W_j||,
 * dD = mean_j (1 - cos(V'_j, W_j)), and mean and spread of g = m/n. For methods without a magnitude of their own m is n.
 * No outputs for methods that leave the weights as they are.
 */
export function trajectoryOutputs({ cells, targets }: BoundModel): Record<string, Node> {
  const parts = cells.map(cellOutputs).filter((part) => part !== null)
  if (parts.length < cells.length || parts.length === 0) return {}
  const order = cells.flatMap(({ group }) => group.linears.map(({ module }) => module))
  const inTargetOrder = (values: Node): Node =>
    cells.length === 1
      ? values
      : gather(
          values,
          intConstant(
            Int32Array.from(targets, ({ module }) => order.indexOf(module)),
            [targets.length],
          ),
        )
  const names = Object.keys(parts[0] ?? {}).filter((name) => parts.every((part) => name in part))
  return Object.fromEntries(names.map((name) => [name, inTargetOrder(concat(parts.map((part) => part[name] as Node)))]))
}

/** The outputs of one cell, one number a module in the cell's order. */
function cellOutputs({ adapter, group, state }: BoundCell): Record<string, Node> | null {
  const moments = adapter.moments()
  if (!state.derived.base_square || !moments) return null
  const w2 = group.derived('base_square').node
  const norm = rowNorm(w2, moments)
  const m = adapter.magnitude() ?? norm
  const mean = meanByModule(group.linears.map(({ outFeatures }) => outFeatures))
  const outputs = {
    deltaM: mean(abs(sub(m, sqrt(w2)))),
    deltaD: mean(oneMinusCosine(w2, moments, norm)),
  }
  if (!adapter.magnitude()) return outputs
  // g is close to 1, so its spread is taken from g - 1: the squares would lose it in float32.
  const deviation = sub(div(m, norm), fill(1))
  const shift = mean(deviation)
  const variance = sub(mean(square(deviation)), square(shift))
  return { ...outputs, gainMean: add(shift, fill(1)), gainStd: sqrt(clampMin(variance, 0)) }
}

/** Averages rows [sum of sizes, 1] over consecutive groups, to [groups]. */
function meanByModule(sizes: readonly number[]): (rows: Node) => Node {
  const ids = intConstant(Int32Array.from(sizes.flatMap((size, i) => new Array<number>(size).fill(i))), [
    sizes.reduce((total, size) => total + size, 0),
  ])
  const share = constant(
    Float32Array.from(sizes, (size) => 1 / size),
    [sizes.length],
  )
  return (rows) => mul(segmentSum(reshape(rows, [rows.shape[0] as number]), ids, sizes.length), share)
}
