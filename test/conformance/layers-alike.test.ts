import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { withHalfLosses } from '../../main/engine/backends/tensorflow/half-losses.ts'
import { lower } from '../../main/engine/backends/tensorflow/lower.ts'
import { OUTPUTS } from '../../main/engine/backends/tensorflow/outputs.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { type Node, node, type Program } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'
import { OP_CASES, type OpCase } from './op-cases.ts'
import { leaves, named, pureProgram, relativeError, samples } from './programs.ts'

/** The case twice, the second time behind the first, with a boundary before and after each: two layers that are alike. */
function twice({ shapes, build }: OpCase): Program {
  const inputs = leaves(shapes)
  const first = layer(build, inputs.map(ops.boundary))
  const begun = ops.boundary(first.y)
  const second = layer(
    build,
    inputs.map((x) => ops.boundary(ops.after(x, begun))),
  )
  const outputs = [first, second].flatMap(({ y, gradients }) => [y, ...gradients])
  return pureProgram(named(inputs), Object.fromEntries(outputs.map((node, i) => [`out${i}`, node])))
}

/** The case's result, and the gradient of the sum of its squares in every input. */
function layer(build: OpCase['build'], inputs: readonly Node[]) {
  const y = build(inputs)
  return { y, gradients: ops.gradientsOf(ops.sumAll(ops.square(y)), inputs) }
}

/** Two such layers of losses of bfloat16 logits, and of their rounded gradient, as the kernels have them. */
function halfLosses(): Program {
  const [x] = leaves([[3, 5]]) as [Node]
  const targets = ops.intConstant(Int32Array.of(2, 0, 4), [3])
  const own = (input: Node) => {
    const logits = ops.widened(ops.toBfloat16(input))
    const losses = ops.crossEntropy(logits, targets)
    const slope = ops.toBfloat16(node(ops.crossEntropyGradOp, [logits, targets, losses]))
    return ops.boundary(ops.widened(slope))
  }
  const first = own(ops.boundary(x))
  const second = own(ops.boundary(ops.after(x, first)))
  return withHalfLosses(pureProgram(named([x]), { first, second }))
}

const SIDE = 8
const DEPTH = 6

/** Products with halved weights between boundaries, and the gradients in the weights; `halves` looks at those weights alone. */
function chain(): Program {
  const [x, ...weights] = leaves(new Array(DEPTH + 1).fill([SIDE, SIDE])) as [Node, ...Node[]]
  const halves = weights.map((w) => ops.scale(w, 0.5))
  const y = halves.reduce((h, w) => ops.boundary(ops.tanh(ops.matmul(ops.boundary(h), w))), x)
  const gradients = ops.gradientsOf(ops.sumAll(ops.square(y)), weights)
  const inputs = named([x, ...weights])
  const { variables, signatures } = pureProgram(inputs, {
    y,
    ...Object.fromEntries(gradients.map((g, i) => [`d${i}`, g])),
  })
  const { x0: _, ...without } = inputs
  return { variables, signatures: { ...signatures, halves: { inputs: without, outputs: named(halves), updates: [] } } }
}

const callsOf = (program: Program) => lower(program, true).nodes.filter(({ op }) => op === 'PartitionedCall')

describe('layers that are alike', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await backends.tensorflow()
  })

  async function compare(program: Program, inputs: Record<string, Float32Array>) {
    const wanted = (await referenceBackend.compile(program)).evaluate('main', inputs)
    const executable = await backend.compile(program)
    const got = await executable.run('main', inputs)
    executable.dispose()
    for (const [key, values] of Object.entries(wanted))
      expect(relativeError(got[key] as Float32Array, values), key).toBeLessThan(1e-5)
  }

  it('are one function forward and one backward', () => {
    const { functions } = lower(chain(), true)
    expect(functions).toHaveLength(2)
    // The first layer's input needs no gradient, so it is unlike the others both ways and stays in the graph.
    expect(callsOf(chain())).toHaveLength(2 * (DEPTH - 1))
    expect(lower(chain(), false).functions).toEqual([])
  })

  it('give what the reference gives', () => compare(chain(), samples(new Array(DEPTH + 1).fill([SIDE, SIDE]))))

  it('give nothing to another entry point, which would wait for their data', async () => {
    const { x0: _, ...weights } = samples(new Array(DEPTH + 1).fill([SIDE, SIDE]))
    const executable = await backend.compile(chain())
    const { x1: half } = await executable.run('halves', weights)
    executable.dispose()
    expect(half).toEqual(weights.x2?.map((value) => value / 2))
  })

  it.each(OP_CASES.map((example, i) => [`${i} ${example.op}`, example] as const))(
    'give what the reference gives: %s',
    (_, example) => compare(twice(example), samples(example.shapes, example.domain === 'positive')),
  )

  it('are written with every operation whose output has a name of its own', () => {
    const functions = OP_CASES.flatMap((example) => [
      ...lower(twice(example), true, true).functions,
      ...lower(twice(example), true).functions,
    ])
    const written = new Set([...functions, ...lower(halfLosses(), true, true).functions].flatMap(opsOf))
    expect(Object.keys(OUTPUTS).filter((op) => !written.has(op))).toEqual([])
  })
})

const opsOf = ({ nodes }: { readonly nodes: readonly { readonly op: string }[] }) => nodes.map(({ op }) => op)
