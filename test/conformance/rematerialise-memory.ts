import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Node, Signature, Variable } from '../../main/engine/ir/graph.ts'
import { rematerialise } from '../../main/engine/ir/rematerialise.ts'
import { withoutAliases } from '../../main/engine/ir/rewrite.ts'
import {
  after,
  boundary,
  gradientsOf,
  matmul,
  placeholder,
  read,
  silu,
  square,
  sumAll,
} from '../../main/engine/ops/index.ts'

/**
 * `rematerialise-memory.ts plain|lean`: runs 40 layers, an activation of 4 MB between two small weights each, forward and
 * backward, and prints by how many bytes the process's peak grew over what it took to load the weights.
 */
const [ROWS, WIDE, NARROW] = [1024, 1024, 16]
const weight = (name: string, shape: readonly number[]): Variable => ({ name, dtype: 'float32', shape })
const variables = Array.from({ length: 40 }, (_, i) => [
  weight(`up${i}`, [NARROW, WIDE]),
  weight(`down${i}`, [WIDE, NARROW]),
]).flat()
const reads = variables.map(read)
const x = placeholder('x', 'float32', [ROWS, NARROW])
let y: Node = x
for (let i = 0; i < reads.length; i += 2) {
  const [up, down] = [reads[i], reads[i + 1]] as [Node, Node]
  y = boundary(matmul(silu(matmul(boundary(y), up)), down))
}
const lossSum = sumAll(square(y))
const gradients = Object.fromEntries(gradientsOf(lossSum, reads).map((gradient, i) => [`d${i}`, gradient]))
const whole: Signature = { inputs: { x }, outputs: { lossSum, ...gradients }, updates: [] }
const plain = withoutAliases({ variables, signatures: { main: whole } }).signatures.main as Signature
const main = process.argv[2] === 'lean' ? rematerialise(plain, { after }) : plain

const executable = await (await tensorflowBackend()).compile({ variables, signatures: { main } })
await executable.write(variables.map(({ name }) => [name, new Float32Array(WIDE * NARROW).fill(1 / 128)] as const))
const loaded = process.resourceUsage().maxRSS
const outputs = await executable.run('main', { x: new Float32Array(ROWS * NARROW).fill(1) })
const bytes = (process.resourceUsage().maxRSS - loaded) * 1024
console.log(JSON.stringify({ bytes, lossSum: outputs.lossSum?.[0] }))
