import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Node, Signature, Variable } from '../../main/engine/ir/graph.ts'
import { computeLate } from '../../main/engine/ir/late.ts'
import { after, gradientsOf, matmul, placeholder, read, scale, square, sumAll } from '../../main/engine/ops/index.ts'

/**
 * `late-memory.ts plain|late`: runs a chain of 40 products with doubled weights of 4 MB each, forward and backward, and
 * prints by how many bytes the process's peak grew over what it took to load them.
 */
const SIDE = 1024
const variables: Variable[] = Array.from({ length: 40 }, (_, i) => ({
  name: `w${i}`,
  dtype: 'float32',
  shape: [SIDE, SIDE],
}))
const x = placeholder('x', 'float32', [8, SIDE])
const lossSum = sumAll(square(variables.reduce((y, w) => matmul(y, scale(read(w), 2)), x)))
const [dx] = gradientsOf(lossSum, [x]) as [Node]
const plain: Signature = { inputs: { x }, outputs: { lossSum, dx }, updates: [] }
const main = process.argv[2] === 'late' ? computeLate(plain, [lossSum], { after }) : plain

const executable = await (await tensorflowBackend()).compile({ variables, signatures: { main } })
// Written in groups of 128 MB, whose memory is there to be used again.
await executable.write(variables.map(({ name }) => [name, new Float32Array(SIDE * SIDE).fill(1 / (2 * SIDE))] as const))
const loaded = process.resourceUsage().maxRSS
const outputs = await executable.run('main', { x: new Float32Array(8 * SIDE).fill(1) })
const grown = (process.resourceUsage().maxRSS - loaded) * 1024
console.log(JSON.stringify({ grown, lossSum: outputs.lossSum?.[0] }))
