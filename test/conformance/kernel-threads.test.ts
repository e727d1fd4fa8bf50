import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { chainsOf, knownPasses, regionProgram } from './pass-programs.ts'
import { relativeError, samples } from './programs.ts'

it('the threads that help have no races, under the thread sanitizer of the compiler', async () => {
  const program = join(temporaryFolder(), 'workers')
  const kernels = join(import.meta.dirname, '../../main/native/kernels')
  const source = join(import.meta.dirname, 'workers.cc')
  const compiler = process.env.CXX ?? 'g++'
  const flags = ['-std=c++17', '-O1', '-g', '-fsanitize=thread', '-pthread', `-I${kernels}`]
  const compiled = spawnSync(compiler, [...flags, source, '-o', program], { encoding: 'utf8' })
  if (compiled.status !== 0)
    throw new Error(
      `${compiler} with its thread sanitizer is needed here (or set CXX): ${compiled.error ?? compiled.stderr}`,
    )
  const { stdout, stderr, status } = spawnSync(program, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect([stdout.trim(), status]).toEqual(['0', 0])
}, 120_000)

it('chains that TensorFlow computes side by side, for two sessions by turns, do not get into each other', async () => {
  const backend = await tensorflowBackend()
  const shape = [512, 96]
  const program = regionProgram([shape, shape], (inputs) =>
    inputs.map((x, i) => ops.softmax(ops.tanh(ops.add(ops.mul(x, ops.fill(i + 1)), ops.exp(ops.neg(ops.abs(x))))))),
  )
  expect(chainsOf(program, await knownPasses()).length).toBeGreaterThan(1)
  const inputs = samples([shape, shape])
  const wanted = (await referenceBackend.compile(program)).evaluate('main', inputs)
  const sessions = [await backend.compile(program), await backend.compile(program)]
  for (let round = 0; round < 20; round++) {
    const all = await Promise.all(sessions.map((session) => session.run('main', inputs)))
    for (const got of all)
      for (const [name, values] of Object.entries(wanted))
        expect(relativeError(got[name] as Float32Array, values), name).toBeLessThan(1e-5)
  }
  for (const session of sessions) session.dispose()
})
