import type { MachineSpeed } from '../../../shared/domain/machine-speed.ts'
import type { Backend, Executable } from '../ir/executable.ts'
import { type Node, type Program, sizeOf, type Variable } from '../ir/graph.ts'
import { workOf } from '../ir/work.ts'
import { matmul, mul, read, reshape, sumAll, toBfloat16, widened } from '../ops/index.ts'

/** Side of the matrices: large enough for every thread, and small enough for the interpreting backend. */
const SIDE = { tensorflow: 1024, portable: 256, reference: 32 } as const
/** How often each program is run; the fastest counts, as other programs can only slow it down. */
const ROUNDS = 5
/** Operations that follow on each other in one execution, so that its start weighs little. */
const CHAIN = 8
/** Heads of attention with so many positions stand for its size of matrices. */
const HEAD_WIDTH = 64

/** Seconds of any steady clock. */
export type Clock = () => number
const wall: Clock = () => performance.now() / 1000

type Rate = keyof MachineSpeed

/**
 * Speed of this machine, measured by short programs of what training is made of, on the backend that would train. Takes a
 * second or two.
 */
export async function measureSpeed(backend: Backend, clock: Clock = wall): Promise<MachineSpeed> {
  const { program, variables } = speedProgram(SIDE[backend.kind])
  const executable = await backend.compile(program)
  try {
    // Each product with such a matrix of 1 / side gives the mean, so numbers stay of one size.
    await executable.write(variables.map((one) => [one.name, filled(one)]))
    const rates: Partial<Record<Rate, number>> = {}
    for (const [rate, signature] of Object.entries(program.signatures)) {
      const { products, bfloat16Products, stacks, bytes } = workOf(signature)
      const amount = { products, bfloat16Products, stacks, bytes }[rate as Rate]
      rates[rate as Rate] = amount / (await fastest(executable, rate, clock))
    }
    return rates as MachineSpeed
  } finally {
    executable.dispose()
  }
}

const filled = ({ shape }: Variable) => new Float32Array(sizeOf(shape)).fill(1 / (shape.at(-1) as number))

async function fastest(executable: Executable, signature: string, clock: Clock): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  // The first compiles.
  await executable.run(signature, {})
  for (let round = 0; round < ROUNDS; round++) {
    const began = clock()
    await executable.run(signature, {})
    best = Math.min(best, clock() - began)
  }
  return best
}

const chain = (first: Node, next: (x: Node) => Node): Node =>
  sumAll(Array.from({ length: CHAIN }).reduce<Node>(next, first))

function speedProgram(side: number): { program: Program; variables: readonly Variable[] } {
  const variable: Variable = { name: 'matrix', dtype: 'float32', shape: [side, side] }
  const matrix = read(variable)
  const narrow = toBfloat16(matrix)
  const heads = reshape(matrix, [Math.max(1, side / HEAD_WIDTH), side, Math.min(side, HEAD_WIDTH)])
  const outputs: Record<Rate, Node> = {
    products: chain(matrix, (x) => matmul(x, matrix)),
    bfloat16Products: chain(widened(narrow), (x) => widened(matmul(toBfloat16(x), narrow))),
    stacks: chain(heads, (x) => matmul(matmul(x, heads, { transposeB: true }), heads)),
    bytes: chain(matrix, (x) => mul(x, matrix)),
  }
  const entries = Object.entries(outputs).map(([rate, output]) => [
    rate,
    { inputs: {}, outputs: { output }, updates: [] },
  ])
  return { program: { variables: [variable], signatures: Object.fromEntries(entries) }, variables: [variable] }
}
