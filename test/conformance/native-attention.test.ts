import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import type { Node } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'
import { leaves, named, pureProgram, relativeError, samples } from './programs.ts'

type Case = {
  readonly batch: number
  readonly length: number
  readonly keys: number
  readonly heads: number
  readonly groups: number
  readonly size: number
  /** Whether a query may look at a key. */
  readonly sees: (query: number, key: number, sample: number) => boolean
  /** One bias for all samples, or for all queries. */
  readonly shared?: 'samples' | 'queries'
}

const causal = (query: number, key: number) => key <= query
const everything = () => true

/** Lengths on both sides of a tile of queries and of a panel of keys, and masks of every kind that models make. */
const CASES: Readonly<Record<string, Case>> = {
  'causal, several tiles': { batch: 2, length: 130, keys: 130, heads: 4, groups: 2, size: 16, sees: causal },
  'one short row': { batch: 1, length: 1, keys: 1, heads: 1, groups: 1, size: 16, sees: everything },
  'a whole tile and panel': { batch: 1, length: 48, keys: 64, heads: 3, groups: 1, size: 64, sees: everything },
  'one more than a tile and a panel': {
    batch: 2,
    length: 49,
    keys: 65,
    heads: 2,
    groups: 1,
    size: 48,
    sees: everything,
  },
  'padding on the right': {
    ...{ batch: 3, length: 70, keys: 70, heads: 2, groups: 2, size: 32, shared: 'queries' },
    sees: (_, key, sample) => key < 70 - 30 * sample,
  },
  'padding on the left, whose queries see nothing': {
    ...{ batch: 2, length: 100, keys: 100, heads: 2, groups: 1, size: 80 },
    sees: (query, key, sample) => key <= query && key >= 60 * sample,
  },
  'one group of many queries, which threads share': {
    batch: 1,
    length: 500,
    keys: 500,
    heads: 2,
    groups: 1,
    size: 32,
    sees: causal,
  },
  'a sliding window': {
    ...{ batch: 1, length: 200, keys: 200, heads: 2, groups: 2, size: 16, shared: 'samples' },
    sees: (query, key) => key <= query && query - key < 17,
  },
  'packed samples behind a prefix': {
    ...{ batch: 1, length: 90, keys: 97, heads: 4, groups: 4, size: 128 },
    sees: (query, key) => key < 7 || (key - 7 <= query && Math.floor((key - 7) / 40) === Math.floor(query / 40)),
  },
}

function biasOf({ batch, length, keys, sees, shared }: Case): Node {
  const samplesOf = shared === 'samples' ? 1 : batch
  const rows = shared === 'queries' ? 1 : length
  const values = Float32Array.from({ length: samplesOf * rows * keys }, (_, i) =>
    sees(Math.floor(i / keys) % rows, i % keys, Math.floor(i / keys / rows)) ? 0 : -1e9,
  )
  return ops.constant(values, [samplesOf, rows, keys])
}

const seesNothing = ({ length, keys, sees }: Case, i: number): boolean =>
  !Array.from({ length: keys }, (_, key) => key).some((key) => sees(i % length, key, Math.floor(i / length)))

function program(example: Case) {
  const { batch, length, keys, heads, groups, size } = example
  const other = [batch, keys, groups, size]
  const shapes = [[batch, length, heads, size], other, other]
  const inputs = leaves(shapes)
  const y = ops.attention(...(inputs as [Node, Node, Node]), biasOf(example))
  // What queries answer that see nothing is read by nobody.
  const lost = Array.from({ length: batch * length }, (_, i) => (seesNothing(example, i) ? 0 : 1))
  const read = ops.mul(y, ops.constant(Float32Array.from(lost), [batch * length, 1]))
  const loss = ops.sumAll(ops.mul(read, ops.constant(samples([y.shape], false, 9).x0 as Float32Array, y.shape)))
  const [dq, dk, dv] = ops.gradientsOf(loss, inputs) as [Node, Node, Node]
  return { program: pureProgram(named(inputs), { y: read, dq, dk, dv }), inputs: samples(shapes) }
}

describe.each(Object.entries(backends))('attention as one node on the %s backend', (_, open) => {
  let backend: Backend
  beforeAll(async () => {
    backend = await open()
  })

  it.each(Object.entries(CASES))('is softmax(q k^T + bias) v, and so are its gradients: %s', async (_, example) => {
    const { program: built, inputs } = program(example)
    const wanted = (await referenceBackend.compile(built)).evaluate('main', inputs)
    const executable = await backend.compile(built)
    const got = await executable.run('main', inputs)
    executable.dispose()
    for (const [name, values] of Object.entries(wanted)) {
      expect(got[name]?.every(Number.isFinite), name).toBe(true)
      expect(relativeError(got[name] as Float32Array, values), name).toBeLessThan(1e-5)
    }
  })
})
