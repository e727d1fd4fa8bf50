import { beforeAll, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { forKernels } from '../../main/engine/backends/tensorflow/for-kernels.ts'
import { KNOWN_PASSES } from '../../main/engine/backends/tensorflow/passes/known.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { type Node, type Program, type Shape, signatureRoots, topological } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'
import { leaves, named, pureProgram, relativeError, samples } from './programs.ts'

let backend: Backend
beforeAll(async () => {
  backend = await backends.tensorflow()
})

const opsOf = (program: Program): string[] =>
  topological(Object.values(forKernels(program, KNOWN_PASSES).signatures).flatMap(signatureRoots)).map(
    ({ op }) => op.name,
  )

type Case = {
  readonly shapes: readonly Shape[]
  readonly build: (inputs: readonly Node[]) => Node
  /** How many nodes of an operation the program has when it is made for the kernels. */
  readonly counts: Readonly<Record<string, number>>
}

const product = (a: Node | undefined, b: Node | undefined) => ops.matmul(a as Node, b as Node)
const [OUT, IN, RANK] = [50, 96, 7]
const FACTORS: readonly Shape[] = [
  [OUT, IN],
  [OUT, RANK],
  [RANK, IN],
]

const CASES: Readonly<Record<string, Case>> = {
  'W + B A': {
    shapes: FACTORS,
    build: ([w, b, a]) => ops.add(w as Node, product(b, a)),
    counts: { lowRankSum: 1, matmul: 0, add: 0 },
  },
  'g W + (g B) A, with the product first': {
    shapes: [...FACTORS, [OUT, 1]],
    build: ([w, b, a, g]) => ops.add(product(ops.mul(g as Node, b as Node), a), ops.mul(w as Node, g as Node)),
    counts: { lowRankSum: 1, matmul: 0, mul: 1 },
  },
  'a scaled weight that others read, too': {
    shapes: [...FACTORS, [OUT, 1]],
    build: ([w, b, a, g]) => {
      const scaled = ops.mul(g as Node, w as Node)
      return ops.mul(ops.add(scaled, product(b, a)), scaled)
    },
    counts: { lowRankSum: 1, mul: 2 },
  },
  'a product that others read, too': {
    shapes: FACTORS,
    build: ([w, b, a]) => {
      const low = product(b, a)
      return ops.mul(ops.add(w as Node, low), low)
    },
    counts: { lowRankSum: 0, matmul: 1 },
  },
  'rows that are no multiple of sixteen': {
    shapes: [
      [40, 50],
      [40, 4],
      [4, 50],
    ],
    build: ([w, b, a]) => ops.add(w as Node, product(b, a)),
    counts: { lowRankSum: 0, matmul: 1 },
  },
}

it.each(Object.entries(CASES))('programs are the same when they are made for the kernels: %s', async (_, example) => {
  const inputs = leaves(example.shapes)
  const program = pureProgram(named(inputs), { y: example.build(inputs) })
  const found = opsOf(program)
  for (const [op, count] of Object.entries(example.counts))
    expect([op, found.filter((name) => name === op).length]).toEqual([op, count])
  const values = samples(example.shapes)
  const wanted = (await referenceBackend.compile(program)).evaluate('main', values).y as Float64Array
  const executable = await backend.compile(program)
  const { y } = await executable.run('main', values)
  executable.dispose()
  expect(relativeError(y as Float32Array, wanted)).toBeLessThan(2e-6)
})
