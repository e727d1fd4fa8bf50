import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { type Node, node, type Program, sizeOf } from '../../main/engine/ir/graph.ts'
import { attentionGradOp } from '../../main/engine/ops/attention.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { leaves, named } from './programs.ts'
import { rawProgram } from './raw-passes.ts'

/**
 * A chain and attention that ask for more scratch memory than this process lets itself have, and a chain that does not:
 * prints what each answers as one JSON line.
 */
const LEFT = 2 ** 30
const backend = await tensorflowBackend()
const answers: string[] = []
const programs = [wideProgram(500), attentionProgram(false), attentionProgram(true)]
limitMemory()
for (const program of [...programs, rawProgram('1 4 8 1 wide 8 0 1 neg 0 -1 0', [[4, 8]], [[4, 8]])])
  answers.push(await answer(program))
console.log(JSON.stringify(answers))

/** From here on this process gets `LEFT` bytes of addresses beyond those it has. */
function limitMemory(): void {
  const kilobytes = Number(/VmSize:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  const limited = spawnSync('prlimit', ['--pid', `${process.pid}`, `--as=${1024 * kilobytes + LEFT}`])
  if (limited.status !== 0)
    throw new Error(`prlimit (of util-linux) is needed here: ${limited.error ?? limited.stderr}`)
}

async function answer(program: Program): Promise<string> {
  const executable = await backend.compile(program)
  const { inputs } = program.signatures.main as { inputs: Record<string, Node> }
  const values = Object.entries(inputs).map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))] as const)
  try {
    await executable.run('main', Object.fromEntries(values))
    return 'still computes'
  } catch (thrown) {
    return String(thrown)
  } finally {
    executable.dispose()
  }
}

/** Sums of -x, all of which are kept as rows of 2^20 numbers until they are added up: 4 MiB each. */
function wideProgram(kept: number): Program {
  const width = 2 ** 20
  const steps = Array.from({ length: kept }, () => 'neg 0 -1 -1')
  for (let i = 1; i < kept; i++) steps.push(`add ${i === 1 ? 1 : kept + i - 1} ${i + 1} ${i === kept - 1 ? 0 : -1}`)
  const text = `1 1 ${width} 1 wide ${width} 0 ${steps.length} ${steps.join(' ')}`
  return rawProgram(text, [[1, width]], [[1, width]])
}

/** One query on millions of keys: laid out anew they take 1.3 GB, and 1.5 GB for the gradient, what is read far less. */
function attentionProgram(gradient: boolean): Program {
  const [keys, size] = [gradient ? 2 ** 21 : 2 ** 22, 16]
  const [q, dy] = leaves([
    [1, 1, 1, size],
    [1, size],
  ]) as [Node, Node]
  const both = ops.fill(0.5, [1, keys, 1, size])
  const inputs = [q, both, both, ops.fill(0, [1, 1, keys])]
  const y = gradient ? node(attentionGradOp, [...inputs, dy]) : node(ops.attentionOp, inputs)
  const outputs = { y: ops.sumAll(y) }
  return { variables: [], signatures: { main: { inputs: named(gradient ? [q, dy] : [q]), outputs, updates: [] } } }
}
