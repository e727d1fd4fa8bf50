import type { Node } from '../ir/graph.ts'
import { broadcastTo, gather, intConstant, reshape } from '../ops/index.ts'
import type { BatchNodes, ModelScope } from './model.ts'

/** Rows of a table of learnt positions, from `first` on, for every token: [B*T, hidden]. */
export function learntPositions(scope: ModelScope, module: string, batch: BatchNodes, first: number): Node {
  const { batch: rows, length, positions, cache } = batch
  const count = cache?.slots ?? length
  const ids = Int32Array.from({ length: count }, (_, i) => first + i)
  const used = scope.embedding(intConstant(ids, [count]), module)
  if (positions) return gather(used, positions)
  const hidden = used.shape[1] as number
  return reshape(broadcastTo(used, [rows, length, hidden]), [rows * length, hidden])
}
