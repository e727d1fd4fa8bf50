import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { type Program, type Signature, signatureRoots, topological } from '../../main/engine/ir/graph.ts'
import { rematerialise } from '../../main/engine/ir/rematerialise.ts'
import { verify } from '../../main/engine/ir/verify.ts'
import { after } from '../../main/engine/ops/index.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { goldenCase } from './golden-case.ts'

const CASES = readdirSync(join(import.meta.dirname, 'golden'), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

const nodesOf = (signature: Signature): number => topological(signatureRoots(signature)).length

/** The steps of a program with all that is cheap formed again, whatever its size; counts the nodes that this adds. */
function lean(program: Program, added: (nodes: number) => void): Program {
  const entries = Object.entries(program.signatures).map(([name, signature]) => {
    const arranged = signature.outputs.lossSum ? rematerialise(signature, { after }, 1) : signature
    added(nodesOf(arranged) - nodesOf(signature))
    return [name, arranged] as const
  })
  const made = { ...program, signatures: Object.fromEntries(entries) }
  verify(made)
  return made
}

/** Losses and trained values after two steps, in float64. */
async function trained(name: string, changes: Partial<RunConfig>, arrange: (program: Program) => Program) {
  const golden = goldenCase(name, changes)
  const backend: Backend = {
    ...referenceBackend,
    compile: async (program) => referenceBackend.compile(arrange(program)),
  }
  const session = await golden.open(backend)
  const losses: number[] = []
  for (let step = 1; step <= 2; step++)
    losses.push((await session.step([golden.batch], golden.config.learning_rate, step)).loss)
  const names = session.layout.trainables.map(({ variable }) => variable.name)
  return { losses, values: new Map(session.executable.read(names)) }
}

it.each(CASES)('forming again drops the same elements and changes no bit of two steps: %s', async (name) => {
  // An adapted embedding drops nothing, as in PEFT.
  const drops = !/full|prefix|^gemma3-dora-embedding/.test(name)
  const dropout = drops ? { lora_dropout: 0.4 } : {}
  let added = 0
  const plain = await trained(name, dropout, (program) => program)
  const again = await trained(name, dropout, (program) =>
    lean(program, (nodes) => {
      added += nodes
    }),
  )
  expect(added).toBeGreaterThan(0)
  expect(again).toEqual(plain)
  if (drops) expect((await trained(name, {}, (program) => program)).losses).not.toEqual(plain.losses)
})
