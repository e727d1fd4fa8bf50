import type { Node } from '../ir/graph.ts'
import {
  add,
  after,
  div,
  fill,
  greaterEqual,
  intConstant,
  mul,
  randomUniform,
  toFloat,
  withGradient,
} from '../ops/index.ts'
import { streamNumber } from '../random.ts'

/** Drops a share of an adapter's input and scales the rest, the same elements whenever it is asked for one module. */
export type Dropout = (x: Node, module: string) => Node

/** The same with a rate of its own for each place of the model; equal places and shapes drop equally. */
export type Dropping = (x: Node, place: string, rate: number) => Node

/**
 * Inverted dropout (Srivastava et al., 2014) with a fresh mask a place and micro-batch: a pure function of the place's
 * name and `seed` int32 [2], which the loop feeds, so that a resumed run drops what the first one would have dropped.
 *
 * A mask is drawn when x is there, not for all layers at the start, and belongs to what is computed twice where x does.
 * Between the passes it is kept as one byte an element.
 */
export const droppingFrom =
  (seed: Node): Dropping =>
  (x, place, rate) => {
    const own = add(after(seed, x), intConstant(Int32Array.of(streamNumber(place), 0), [2]))
    const kept = greaterEqual(randomUniform(own, x.shape), fill(rate))
    return withGradient(mul(x, factors(kept, rate)), [x, kept], (dy, { inputs: [, , mask] }) => [
      mul(dy, factors(after(mask as Node, dy), rate)),
      null,
    ])
  }

/** 1/(1-rate) where an element is kept, else 0. */
const factors = (kept: Node, rate: number): Node => div(toFloat(kept), fill(1 - rate))
