import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../../../main/engine/backends/reference/backend.ts'
import { type Node, sizeOf, topological } from '../../../../main/engine/ir/graph.ts'
import {
  argmax,
  crossEntropy,
  equal,
  gradientsOf,
  intConstant,
  matmul,
  mul,
  placeholder,
  scale,
  sumAll,
  toFloat,
} from '../../../../main/engine/ops/index.ts'
import { chunkCount, chunkedCrossEntropy } from '../../../../main/engine/train/chunked-loss.ts'

const [ROWS, WIDTH, VOCAB] = [7, 3, 5]
const hidden = placeholder('hidden', 'float32', [ROWS, WIDTH])
const weight = placeholder('weight', 'float32', [VOCAB, WIDTH])
const weights = placeholder('weights', 'float32', [ROWS])
const targets = intConstant(Int32Array.of(0, 4, 2, 1, 3, 3, 0), [ROWS])
const head = (rows: Node) => matmul(rows, weight, { transposeB: true })
const rows = { hidden, targets, weights }
/** The head's weight is in the loss a second time, as a tied embedding is. */
const tied = (lossSum: Node) => scale(mul(lossSum, sumAll(weight)), 0.5)

function plain() {
  const logits = head(hidden)
  const lossSum = sumAll(mul(crossEntropy(logits, targets), weights))
  return { lossSum, hits: toFloat(equal(argmax(logits), targets)) }
}

async function evaluated(outputs: Readonly<Record<string, Node>>) {
  const inputs = { hidden, weight, weights }
  const executable = await referenceBackend.compile({
    variables: [],
    signatures: { main: { inputs, outputs, updates: [] } },
  })
  const feed = Object.entries(inputs).map(
    ([name, { shape }], k) =>
      [name, Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(3 * i + k))] as const,
  )
  return executable.evaluate('main', Object.fromEntries(feed))
}

const withGradients = ({ lossSum, hits }: { lossSum: Node; hits: Node }) => {
  const [dHidden, dWeight] = gradientsOf(tied(lossSum), [hidden, weight]) as [Node, Node]
  return { lossSum, hits, dHidden, dWeight }
}

describe('cross-entropy by chunks', () => {
  it.each([2, 3, 7])('has the loss, the hits and the gradients of the whole: %i chunks', async (chunks) => {
    const wanted = await evaluated(withGradients(plain()))
    const got = await evaluated(withGradients(chunkedCrossEntropy(rows, head, chunks, [weight])))
    for (const [name, values] of Object.entries(wanted)) {
      for (const [i, value] of values.entries()) expect(got[name]?.[i], name).toBeCloseTo(value, 12)
    }
  })

  it('has the same loss and hits in evaluation', async () => {
    expect(await evaluated(chunkedCrossEntropy(rows, head, 3, null))).toEqual(await evaluated(plain()))
  })

  it('holds no array of all rows and the whole vocabulary', () => {
    const { lossSum, hits, dHidden, dWeight } = withGradients(chunkedCrossEntropy(rows, head, 4, [weight]))
    const largest = topological([lossSum, hits, dHidden, dWeight]).map(({ shape }) => sizeOf(shape))
    expect(Math.max(...largest)).toBeLessThan(ROWS * VOCAB)
  })

  it('cuts by the size of the logits', () => {
    expect(chunkCount(1024, 49_152)).toBe(4)
    expect(chunkCount(64, 1000)).toBe(1)
    // A trained head of 113 MB, whose gradients are summed up for each chunk.
    expect(chunkCount(1024, 49_152, 4 * 49_152 * 576)).toBe(4)
    expect(chunkCount(2, 1e9)).toBe(2)
  })
})
