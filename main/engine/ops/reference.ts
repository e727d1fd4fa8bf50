import { type Shape, sizeOf } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

/** Row-major strides of a shape; 0 where `shape` is broadcast against `against`. */
export function broadcastStrides(shape: Shape, against: Shape): number[] {
  const strides = new Array<number>(against.length).fill(0)
  let stride = 1
  for (let i = shape.length - 1, j = against.length - 1; i >= 0; i--, j--) {
    strides[j] = shape[i] === 1 ? 0 : stride
    stride *= shape[i] as number
  }
  return strides
}

/** Calls `visit` with the flat output index and the flat index in each operand, in row-major order of `shape`. */
export function walk(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (out: number, at: number[]) => void,
) {
  const total = sizeOf(shape)
  const position = new Array<number>(shape.length).fill(0)
  const at = strides.map(() => 0)
  for (let out = 0; out < total; out++) {
    visit(out, at)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1
      const isEnd = next === shape[axis]
      position[axis] = isEnd ? 0 : next
      for (let k = 0; k < strides.length; k++) {
        const stride = (strides[k] as number[])[axis] as number
        at[k] = (at[k] as number) + (isEnd ? stride * (1 - next) : stride)
      }
      if (!isEnd) break
    }
  }
}

/** f applied to broadcast operands. */
export function mapBroadcast(shape: Shape, operands: readonly NdArray[], f: (...values: number[]) => number): NdArray {
  const data = new Float64Array(sizeOf(shape))
  const strides = operands.map((operand) => broadcastStrides(operand.shape, shape))
  const value = (k: number, at: readonly number[]) => (operands[k] as NdArray).data[at[k] as number] as number
  // Most operations take one operand or two: no list is made of those for every element.
  const each: Readonly<Record<number, (at: readonly number[]) => number>> = {
    1: (at) => f(value(0, at)),
    2: (at) => f(value(0, at), value(1, at)),
  }
  const result = each[operands.length] ?? ((at) => f(...operands.map((_, k) => value(k, at))))
  walk(shape, strides, (out, at) => {
    data[out] = result(at)
  })
  return { shape, data }
}

/** Folds the axes that `shape` lacks (or has as 1) with `f`, starting from `initial`. `shape` keeps all axes of `x`. */
export function foldTo(shape: Shape, x: NdArray, initial: number, f: (sum: number, value: number) => number): NdArray {
  const data = new Float64Array(sizeOf(shape)).fill(initial)
  const strides = [broadcastStrides(shape, x.shape)]
  walk(x.shape, strides, (index, [to]) => {
    data[to as number] = f(data[to as number] as number, x.data[index] as number)
  })
  return { shape, data }
}

/** The rows of a matrix seen as [rows, columns] over the last axis. */
export function rowsOf(x: NdArray): { rows: number; columns: number } {
  const columns = x.shape[x.shape.length - 1] ?? 1
  return { rows: columns === 0 ? 0 : x.data.length / columns, columns }
}
