import type { Op } from '../ir/graph.ts'
import * as attentions from './attention.ts'
import * as casts from './cast.ts'
import * as crossEntropies from './cross-entropy.ts'
import * as custom from './custom.ts'
import * as elementwise from './elementwise.ts'
import * as gatherOps from './gather.ts'
import * as halves from './half-words.ts'
import * as leaf from './leaf.ts'
import * as matmulOps from './matmul.ts'
import * as orderOps from './order.ts'
import * as pieces from './pieces.ts'
import * as randomOps from './random.ts'
import * as reduce from './reduce.ts'
import * as rotations from './rotate-half.ts'
import * as shape from './shape.ts'
import * as slopes from './slopes.ts'
import * as softmaxOps from './softmax.ts'
import * as sumsOfSquares from './sum-squares.ts'

export * from './attention.ts'
export * from './cast.ts'
export * from './compose.ts'
export * from './cross-entropy.ts'
export * from './custom.ts'
export * from './elementwise.ts'
export * from './gather.ts'
export * from './half-words.ts'
export * from './leaf.ts'
export * from './matmul.ts'
export * from './norms.ts'
export * from './order.ts'
export * from './pieces.ts'
export * from './random.ts'
export * from './recompute.ts'
export * from './reduce.ts'
export * from './rotate-half.ts'
export * from './shape.ts'
export * from './slopes.ts'
export * from './softmax.ts'
export * from './sum-squares.ts'

const isOp = (value: unknown): value is Op => typeof value === 'object' && value !== null && 'lower' in value

/** Every operation there is; the conformance tests loop over it. */
export const OPS: readonly Op[] = [
  leaf,
  casts,
  elementwise,
  matmulOps,
  orderOps,
  randomOps,
  reduce,
  sumsOfSquares,
  shape,
  pieces,
  gatherOps,
  slopes,
  softmaxOps,
  rotations,
  crossEntropies,
  custom,
  halves,
  attentions,
].flatMap((family) => Object.values(family).filter(isOp))
