import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Node } from '../../main/engine/ir/graph.ts'
import { groupedAttention } from '../../main/engine/models/attention.ts'
import { type AttentionMask, attentionMask, type Visibility } from '../../main/engine/models/attention-mask.ts'
import type { BatchNodes } from '../../main/engine/models/model.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { leaves, named, pureProgram, relativeError, samples } from './programs.ts'

const BATCH = 2
const LENGTH = 11
const HEADS = { heads: 4, groups: 2, size: 3 }

const ints = (values: readonly number[]) => ops.intConstant(Int32Array.from(values), [values.length])
/** The second row is padded; packed, the first holds two samples. */
const real = [Array.from({ length: LENGTH }, () => 1), Array.from({ length: LENGTH }, (_, i) => (i < 8 ? 1 : 0))].flat()
const packedSegments = real.map((value, i) => (i >= 4 && i < LENGTH ? 2 : value))
const packedPositions = real.map((_, i) => (i >= 4 && i < LENGTH ? i - 4 : i % LENGTH))

const nodes = (packed: boolean): BatchNodes => ({
  batch: BATCH,
  length: LENGTH,
  inputIds: ints(real),
  attentionMask: ints(packed ? packedSegments : real),
  ...(packed && { positions: ints(packedPositions) }),
})

/** Attention and its gradients in float64 on the interpreter, outputs of padding left out as nobody reads them. */
async function attended(mask: AttentionMask, front: number) {
  const keys = [BATCH, front + LENGTH, HEADS.groups, HEADS.size]
  const shapes = [[BATCH, LENGTH, HEADS.heads, HEADS.size], keys, keys]
  const inputs = leaves(shapes)
  const [q, k, v] = inputs as [Node, Node, Node]
  const mixed = groupedAttention(q, { keys: k, values: v }, mask, HEADS)
  const read = ops.mul(mixed, ops.reshape(ops.toFloat(ints(real)), [BATCH * LENGTH, 1]))
  const loss = ops.sumAll(ops.mul(read, ops.constant(samples([read.shape], false, 3).x0 as Float32Array, read.shape)))
  const [dq, dk, dv] = ops.gradientsOf(loss, inputs) as [Node, Node, Node]
  const outputs = { read, dq, dk, dv }
  const executable = await referenceBackend.compile(pureProgram(named(inputs), outputs))
  return executable.evaluate('main', samples(shapes))
}

const CASES: readonly (readonly [string, Visibility, boolean, number])[] = [
  ['everything before', { causal: true, window: null }, false, 0],
  ['a narrow window', { causal: true, window: 2 }, false, 0],
  ['a window wider than a block', { causal: true, window: 5 }, false, 0],
  ['behind a prefix', { causal: true, window: null }, false, 3],
  ['behind a prefix, with a window', { causal: true, window: 4 }, false, 3],
  ['packed samples', { causal: true, window: null }, true, 0],
]

describe('attention by blocks of queries', () => {
  it.each(CASES)('equals attention as a whole: %s', async (_, visible, packed, front) => {
    const maskOf = (blocks: number) =>
      attentionMask(nodes(packed), visible, front > 0 ? { length: front } : undefined, blocks)
    const wanted = await attended(maskOf(1), front)
    for (const blocks of [2, 4, LENGTH]) {
      const got = await attended(maskOf(blocks), front)
      for (const key of ['read', 'dq', 'dk', 'dv'])
        expect(relativeError(got[key] as Float64Array, wanted[key] as Float64Array), key).toBeLessThan(1e-13)
    }
  })

  it('computes no score that a causal mask hides from a whole block, nor one that fell out of its window', () => {
    const scores = ({ blocks }: AttentionMask) =>
      blocks.reduce((total, { queries, bias }) => total + queries * (bias.shape.at(-1) as number), 0)
    const long = { ...nodes(false), length: 64 }
    const tokens = { inputIds: ints(new Array(128).fill(1)), attentionMask: ints(new Array(128).fill(1)) }
    const of = (visible: Visibility, blocks: number) =>
      scores(attentionMask({ ...long, ...tokens }, visible, undefined, blocks))
    expect(of({ causal: true, window: null }, 8)).toBe((64 * 64 * 9) / 16)
    expect(of({ causal: true, window: 8 }, 8)).toBe(8 * 8 + 7 * 8 * 16)
    expect(of({ causal: false, window: null }, 8)).toBe(64 * 64)
  })
})
