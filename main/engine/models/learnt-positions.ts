import type { Node } from '../ir/graph.ts'
import { broadcastTo, gather, reshape, slice } from '../ops/index.ts'
import type { BatchNodes } from './model.ts'

/** Rows of a table of learnt positions, from `first` on, for every token: [B*T, hidden]. */
export function learntPositions(table: Node, batch: BatchNodes, first: number, hidden: number): Node {
  const { batch: rows, length, positions, cache } = batch
  const used = slice(table, first, cache?.slots ?? length)
  if (positions) return gather(used, positions)
  return reshape(broadcastTo(used, [rows, length, hidden]), [rows * length, hidden])
}
