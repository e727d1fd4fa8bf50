import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { mergingPays } from '../../main/engine/adapters/low-rank.ts'
import type { ReferenceExecutable } from '../../main/engine/backends/reference/backend.ts'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { openMerger } from '../../main/engine/export/merge.ts'
import { entryValues } from '../../main/engine/train/initial-values.ts'
import { shapeKey } from '../../main/engine/train/program.ts'
import type { Session } from '../../main/engine/train/session.ts'
import { METHOD_KINDS } from '../../shared/domain/method.ts'
import { relativeError } from './programs.ts'
import { toyBatch, toyConfig, toyModel, toySession } from './toy.ts'

const FACTORED = 1
const MERGED = 24
const stateOf = ({ executable }: Session) => (executable as ReferenceExecutable).state
const { linears } = toyModel.description

it('the toy sizes take both ways of multiplying', () => {
  const config = toyConfig('dora')
  expect(linears.map((linear) => mergingPays(FACTORED, linear, config.r))).toEqual([false, false])
  expect(linears.map((linear) => mergingPays(MERGED, linear, config.r))).toEqual([true, true])
})

describe.each(METHOD_KINDS)('%s', (kind) => {
  const config = toyConfig(kind)

  it('leaves the model exactly as it was before the first step', async () => {
    for (const length of [FACTORED, MERGED]) {
      const batch = toyBatch(length)
      const adapted = await toySession(config, batch, false)
      const plain = await toySession(toyConfig('full'), batch, false)
      expect(await adapted.logits(batch)).toEqual(await plain.logits(batch))
    }
  })

  it.each([FACTORED, MERGED])(
    'has the gradients of central differences with n held fixed (%i positions)',
    async (length) => {
      const batch = toyBatch(length)
      const session = await toySession(config, batch, true)
      const state = stateOf(session)
      const executable = session.executable as ReferenceExecutable
      const before = new Map([...state].map(([name, value]) => [name, value.slice()]))
      const restore = () => {
        for (const [name, value] of before) state.set(name, value.slice())
      }
      await session.step([batch], 1e-3, 1)
      const gradients = new Map(
        session.layout.trainables.map(({ variable, first }) => [
          variable.name,
          (state.get(first.name) as Float64Array).map((moment) => moment / (1 - config.adam_beta1)),
        ]),
      )
      restore()
      const { inputIds, attentionMask, labelPositions, labelTargets, labelWeights } = batch
      const inputs = { inputIds, attentionMask, labelPositions, labelTargets, labelWeights }
      const loss = () =>
        (executable.evaluate(`eval:${shapeKey(batch.shape)}`, inputs).lossSum?.[0] as number) / batch.labelCount
      for (const { variable } of session.layout.trainables) {
        const value = state.get(variable.name) as Float64Array
        const numeric = value.map((x, i) => {
          const at = (shifted: number) => {
            value[i] = shifted
            return loss()
          }
          const slope = (at(x + 1e-6) - at(x - 1e-6)) / 2e-6
          value[i] = x
          return slope
        })
        expect(relativeError(gradients.get(variable.name) as Float64Array, numeric), variable.name).toBeLessThan(1e-7)
      }
    },
  )

  it('gives the same logits by both ways of multiplying', async () => {
    const long = await toySession(config, toyBatch(MERGED), true)
    const short = await toySession(config, toyBatch(FACTORED), true)
    const wanted = (await long.logits(toyBatch(MERGED))).subarray(0, 7)
    expect(relativeError(await short.logits(toyBatch(FACTORED)), wanted)).toBeLessThan(1e-6)
  })

  if (!ADAPTERS[kind].trainsBase) {
    it('merges into weights that give the same logits without an adapter', async () => {
      const batch = toyBatch(MERGED)
      const adapted = await toySession(config, batch, true)
      const plain = await toySession(toyConfig('full'), batch, false)
      const merger = await openMerger(referenceBackend, linears, ADAPTERS[kind], config)
      for (const linear of linears) {
        const parts = Object.fromEntries(
          adapted.layout.trainables.flatMap(({ variable, entries }) =>
            entries
              .filter(({ module }) => module === linear.module)
              .map((entry) => {
                const packed = Float32Array.from(stateOf(adapted).get(variable.name) as Float64Array)
                return [entry.part, entryValues(packed, variable, entry).data] as const
              }),
          ),
        )
        const weight = Float32Array.from(stateOf(plain).get(`${linear.module}.weight`) as Float64Array)
        stateOf(plain).set(`${linear.module}.weight`, Float64Array.from(await merger.merge(linear, weight, parts)))
      }
      expect(relativeError(await plain.logits(batch), await adapted.logits(batch))).toBeLessThan(1e-6)
    })

    it('does not touch the base weights', async () => {
      const batch = toyBatch(MERGED)
      const session = await toySession(config, batch, true)
      const before = session.layout.base.map(({ name }) => stateOf(session).get(name)?.slice())
      await session.step([batch], 1e-2, 1)
      expect(session.layout.base.map(({ name }) => stateOf(session).get(name))).toEqual(before)
    })
  }

  it('moves every trainable in one step', async () => {
    const batch = toyBatch(MERGED)
    const session = await toySession(config, batch, true)
    const before = new Map(
      session.layout.trainables.map(({ variable }) => [variable.name, stateOf(session).get(variable.name)?.slice()]),
    )
    await session.step([batch], 1e-2, 1)
    for (const [name, value] of before) expect(stateOf(session).get(name), name).not.toEqual(value)
  })

  it('reports dM and dD of zero before training, and what the definition gives after it', async () => {
    const batch = toyBatch(MERGED)
    const session = await toySession(config, batch, false)
    for (const name of ['delta_m', 'delta_d'] as const) {
      expect(Math.max(...((await session.trajectory()).get(name) as Float32Array))).toBeLessThan(1e-9)
    }
    for (let step = 1; step <= 3; step++) await session.step([batch], 5e-2, step)
    const trajectory = await session.trajectory()
    const wanted = await definition(session, kind, config)
    expect(relativeError(trajectory.get('delta_m') as Float32Array, wanted.deltaM)).toBeLessThan(1e-6)
    expect(relativeError(trajectory.get('delta_d') as Float32Array, wanted.deltaD)).toBeLessThan(1e-6)
  })
})

/** dM and dD straight from the paper's equations 3 and 4, with the merged weights formed. */
async function definition(session: Session, kind: (typeof METHOD_KINDS)[number], config: ReturnType<typeof toyConfig>) {
  const state = stateOf(session)
  const merger = kind === 'full' ? null : await openMerger(referenceBackend, linears, ADAPTERS[kind], config)
  const deltaM: number[] = []
  const deltaD: number[] = []
  for (const linear of linears) {
    const current = state.get(`${linear.module}.weight`) as Float64Array
    const origin = state.get(`origin/${linear.module}`) ?? current
    const parts = Object.fromEntries(
      session.layout.trainables.flatMap(({ variable, entries }) =>
        entries
          .filter(({ module, part }) => module === linear.module && part !== '')
          .map(
            (entry) =>
              [
                entry.part,
                entryValues(Float32Array.from(state.get(variable.name) as Float64Array), variable, entry).data,
              ] as const,
          ),
      ),
    )
    const tuned = merger ? await merger.merge(linear, Float32Array.from(current), parts) : current
    const rows = Array.from({ length: linear.outFeatures }, (_, j) => {
      const slice = (x: ArrayLike<number>) => Array.from(x).slice(j * linear.inFeatures, (j + 1) * linear.inFeatures)
      const [w, v] = [slice(origin), slice(tuned)]
      const dot = (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + x * (b[k] as number), 0)
      const [nw, nv] = [Math.sqrt(dot(w, w)), Math.sqrt(dot(v, v))]
      return { m: Math.abs(nv - nw), d: 1 - dot(w, v) / (nw * nv) }
    })
    deltaM.push(rows.reduce((sum, { m }) => sum + m, 0) / rows.length)
    deltaD.push(rows.reduce((sum, { d }) => sum + d, 0) / rows.length)
  }
  return { deltaM, deltaD }
}
