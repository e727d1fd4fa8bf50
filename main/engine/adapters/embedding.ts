import type { Node } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'
import { lookUp, matmul, transpose } from '../ops/index.ts'

/** Rows [n, D] of the change (sB A)^T of an embedding at int32 ids [n]: columns of A [r, V] through sB [D, r]. */
export const changeOfRows = (ids: Node, { embedding }: LinearSpec, a: Node, scaledB: Node): Node =>
  matmul(lookUp(transpose(a, [1, 0]), ids, embedding?.paddingRow ?? null), scaledB, { transposeB: true })
