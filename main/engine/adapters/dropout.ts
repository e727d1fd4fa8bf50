import type { Node } from '../ir/graph.ts'
import { add, div, fill, greaterEqual, intConstant, mul, randomUniform, toFloat } from '../ops/index.ts'
import { streamNumber } from '../random.ts'

/** Drops a share of a layer's input and scales the rest, the same elements whenever it is asked for one module. */
export type Dropout = (x: Node, module: string) => Node

/**
 * Inverted dropout (Srivastava et al., 2014) with a fresh mask a module and micro-batch: a pure function of the module's
 * name and `seed` int32 [2], which the loop feeds, so that a resumed run drops what the first one would have dropped.
 */
export function dropoutFrom(seed: Node, rate: number): Dropout {
  const masks = new Map<string, Node>()
  return (x, module) => {
    const key = `${module}/${x.shape.join('x')}`
    const mask = masks.get(key) ?? maskOf(seed, module, x.shape, rate)
    masks.set(key, mask)
    return mul(x, mask)
  }
}

/** 0 or 1/(1-rate) for every element. */
function maskOf(seed: Node, module: string, shape: Node['shape'], rate: number): Node {
  const own = add(seed, intConstant(Int32Array.of(streamNumber(module), 0), [2]))
  return div(toFloat(greaterEqual(randomUniform(own, shape), fill(rate))), fill(1 - rate))
}
