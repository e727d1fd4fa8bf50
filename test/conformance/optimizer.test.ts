import { describe, expect, it } from 'vitest'
import type { Role } from '../../main/engine/adapters/adapter.ts'
import type { ReferenceExecutable } from '../../main/engine/backends/reference/backend.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { toyBatch, toyConfig, toySession } from './toy.ts'

const RATE = 1e-3

/** Change of every element of each role in one DoRA step from zero moments, where Adam moves by the rate itself. */
async function movedBy(extra: Partial<RunConfig>): Promise<Record<Role, number[]>> {
  const batch = toyBatch(24)
  const session = await toySession(toyConfig('dora', extra), batch, true)
  const { state } = session.executable as ReferenceExecutable
  const before = new Map(
    session.layout.trainables.map(({ variable }) => [variable.name, state.get(variable.name)?.slice()]),
  )
  const { gradNorm } = await session.step([batch], RATE, 1)
  expect(gradNorm).toBeGreaterThan(0)
  const moved: Record<string, number[]> = {}
  for (const { role, variable } of session.layout.trainables) {
    const old = before.get(variable.name) as Float64Array
    const changes = [...(state.get(variable.name) as Float64Array)].map((value, i) => value - (old[i] as number))
    moved[role] = [...(moved[role] ?? []), ...changes]
  }
  return moved as Record<Role, number[]>
}
const sizes = (values: number[]) => values.map((value) => Math.abs(value) / RATE)
/** Every value within one per cent: elements whose gradient is near epsilon move a little less. */
const allNear = (values: number[], wanted: number) => {
  for (const value of values) expect(Math.abs(value / wanted - 1)).toBeLessThan(0.01)
}

describe('AdamW', () => {
  it('moves A, B and m by the learning rate in its first step', async () => {
    const { A, B, m } = await movedBy({})
    for (const changes of [A, B, m]) allNear(sizes(changes), 1)
  })

  it('gives B and m their own rates (LoRA+, magnitude_lr_ratio)', async () => {
    const { A, B, m } = await movedBy({ loraplus_lr_ratio: 4, magnitude_lr_ratio: 0.5 })
    allNear(sizes(A), 1)
    allNear(sizes(B), 4)
    allNear(sizes(m), 0.5)
  })

  it('leaves m where it is when its rate is 0', async () => {
    expect(Math.max(...sizes((await movedBy({ magnitude_lr_ratio: 0 })).m))).toBe(0)
  })

  it('decays A and B, and m only if it is told to', async () => {
    const plain = await movedBy({})
    const decayed = await movedBy({ weight_decay: 0.1 })
    const apart = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))
    expect(apart(plain.A, decayed.A)).toBeGreaterThan(1e-6)
    expect(apart(plain.m, decayed.m)).toBe(0)
    expect(apart(plain.m, (await movedBy({ magnitude_weight_decay: 0.1 })).m)).toBeGreaterThan(1e-6)
  })

  it('clips by the global norm, as torch does: the norm is reported as it was before', async () => {
    const batch = toyBatch(24)
    const free = await toySession(toyConfig('dora'), batch, true)
    const clipped = await toySession(toyConfig('dora', { max_grad_norm: 0.01 }), batch, true)
    const [a, b] = [await free.step([batch], RATE, 1), await clipped.step([batch], RATE, 1)]
    expect(b.gradNorm).toBe(a.gradNorm)
    const moment = (session: typeof free) => {
      const { first } = session.layout.trainables[0] as (typeof free.layout.trainables)[0]
      return (session.executable as ReferenceExecutable).state.get(first.name) as Float64Array
    }
    const factor = 0.01 / (a.gradNorm + 1e-6)
    moment(clipped).forEach((value, i) => {
      expect(value).toBeCloseTo((moment(free)[i] as number) * factor, 10)
    })
  })
})
