import { createHash } from 'node:crypto'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Node, Program, Shape } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { inputShapes, MAKERS, randomProgram } from './pass-programs.ts'
import { leaves, named, pureProgram, relativeError, samples } from './programs.ts'

/** Chains and attention by the kind of kernels that DORA_STUDIO_KERNEL_KIND names: prints how far each is off, and a digest. */
const SPACE = [64, 97]
const HEADS: readonly Shape[] = [
  [2, 60, 4, 32],
  [2, 70, 2, 32],
  [2, 70, 2, 32],
]

function attention(): Program {
  const inputs = leaves(HEADS)
  const [q, k, v] = inputs as [Node, Node, Node]
  const bias = Float32Array.from({ length: 60 * 70 }, (_, i) => (i % 70 > Math.floor(i / 70) + 10 ? -1e9 : 0))
  const y = ops.attention(q, k, v, ops.constant(bias, [1, 60, 70]))
  const loss = ops.sumAll(ops.mul(y, ops.constant(samples([y.shape], false, 9).x0 as Float32Array, y.shape)))
  const [dq, dk, dv] = ops.gradientsOf(loss, inputs) as [Node, Node, Node]
  return pureProgram(named(inputs), { y, dq, dk, dv })
}

const makers = Object.keys(MAKERS)
const each = makers.map((make) => ({ make, a: 1, b: 0 }))
const passes = randomProgram(SPACE, each, [...makers.keys()])
const backend = await tensorflowBackend()
const digest = createHash('sha256')
let worst = 0
for (const [program, inputs] of [
  [passes, samples(inputShapes(SPACE))] as const,
  [attention(), samples(HEADS)] as const,
]) {
  const executable = await backend.compile(program)
  const got = await executable.run('main', inputs)
  executable.dispose()
  const wanted = (await referenceBackend.compile(program)).evaluate('main', inputs)
  for (const [name, values] of Object.entries(wanted)) {
    worst = Math.max(worst, relativeError(got[name] as Float32Array, values))
    digest.update(got[name] as Float32Array)
  }
}
console.log(JSON.stringify({ worst, digest: digest.digest('hex') }))
