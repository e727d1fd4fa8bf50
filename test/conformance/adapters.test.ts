import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { mergingPays } from '../../main/engine/adapters/low-rank.ts'
import type { ReferenceExecutable } from '../../main/engine/backends/reference/backend.ts'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { openMerger } from '../../main/engine/export/merge.ts'
import { entryValues } from '../../main/engine/train/initial-values.ts'
import { shapeKey } from '../../main/engine/train/program.ts'
import type { Session } from '../../main/engine/train/session.ts'
import { METHOD_KINDS, METHODS, type MethodKind } from '../../shared/domain/method.ts'
import { holdsFloat32, type RunConfig } from '../../shared/domain/run-config.ts'
import { relativeError } from './programs.ts'
import { toyBatch, toyConfig, toyModel, toySession, toyTargets } from './toy.ts'

const FACTORED = 1
const MERGED = 24
const stateOf = ({ executable }: Session) => (executable as ReferenceExecutable).state
const { linears } = toyModel.description

it('the toy sizes take both ways of multiplying', () => {
  const config = toyConfig('dora')
  expect(linears.map((linear) => mergingPays(FACTORED, linear, config.r, config))).toEqual([false, false])
  expect(linears.map((linear) => mergingPays(MERGED, linear, config.r, config))).toEqual([true, true])
})

/** Every method as it is by default, and the options that change its graph. */
const CASES: readonly (readonly [title: string, kind: MethodKind, extra: Partial<RunConfig>])[] = [
  ...METHOD_KINDS.map((kind) => [kind, kind, {}] as const),
  ['rsLoRA', 'lora', { use_rslora: true }],
  ['lora, ranks and alphas apart', 'lora', { rank_pattern: { down: 3 }, alpha_pattern: { up: 5 } }],
  ['dora, ranks and alphas apart', 'dora', { rank_pattern: { down: 3 }, alpha_pattern: { up: 5 } }],
  ['dora, magnitude only beside', 'dora', { target_modules: ['down'], magnitude_only_modules: ['up'] }],
  ['dvora, magnitude only beside', 'dvora', { target_modules: ['up'], magnitude_only_modules: ['down'] }],
  ['lora with biases', 'lora', { bias: 'all' }],
  ['dora with the full gradient of the norm', 'dora', { detach_norm: false }],
  ['dvora with the full gradient of the norm', 'dvora', { detach_norm: false }],
  ['dora with biases and a whole module', 'dora', { bias: 'lora_only', modules_to_save: ['embed'] }],
  ['prefix through a network', 'prefix', { prefix_projection: true, encoder_hidden_size: 6 }],
  ['prefix beside a whole module, on int8', 'prefix', { modules_to_save: ['embed'], quantization: 'int8' }],
  ['parallel with relu', 'parallel', { bottleneck_activation: 'relu', bottleneck_scaling: 0.5 }],
  ['series with silu', 'series', { bottleneck_activation: 'silu' }],
  ['lora from normal numbers', 'lora', { init_lora_weights: 'gaussian' }],
  ['lora from PiSSA', 'lora', { init_lora_weights: 'pissa' }],
  ['dora on NF4', 'dora', { quantization: 'nf4' }],
  ['dora on int8, biases trained', 'dora', { quantization: 'int8', bias: 'all' }],
  ['lora on NF4 from PiSSA', 'lora', { quantization: 'nf4', init_lora_weights: 'pissa' }],
  ['lora on int8', 'lora', { quantization: 'int8' }],
  ['dvora on NF4', 'dvora', { quantization: 'nf4' }],
  ['dora on bfloat16', 'dora', { dtype: 'bfloat16' }],
  ['lora on bfloat16', 'lora', { dtype: 'bfloat16', bias: 'all' }],
  [
    'dora on bfloat16, magnitude only beside',
    'dora',
    { dtype: 'bfloat16', target_modules: ['down'], magnitude_only_modules: ['up'] },
  ],
  ['series on bfloat16', 'series', { dtype: 'bfloat16' }],
  ['lora on the embedding', 'lora', { target_modules: ['embed', 'down'], use_rslora: true }],
  ['dora on the embedding', 'dora', { target_modules: ['embed', 'down'], lora_alpha: 5 }],
  ['dora on the embedding alone, full gradient of the norm', 'dora', { target_modules: ['embed'], detach_norm: false }],
  ['dora on the embedding, its rank apart', 'dora', { target_modules: ['embed', 'up'], rank_pattern: { embed: 3 } }],
  ['dora, the embedding’s magnitude beside', 'dora', { target_modules: ['up'], magnitude_only_modules: ['embed'] }],
  ['dora on the embedding, others from PiSSA', 'dora', { target_modules: ['embed', 'up'], init_lora_weights: 'pissa' }],
  ['dora on the embedding, on NF4', 'dora', { target_modules: ['embed', 'up'], quantization: 'nf4' }],
  ['lora on the embedding, on bfloat16', 'lora', { target_modules: ['embed', 'up'], dtype: 'bfloat16' }],
  ['full with the embedding watched', 'full', { target_modules: ['embed', 'up'] }],
  ['dora from PiSSA', 'dora', { init_lora_weights: 'pissa', rank_pattern: { up: 3 } }],
]

describe.each(CASES)('%s', (_, kind, extra) => {
  const config = toyConfig(kind, extra)

  // A prefix is attended to from the start, whatever is in it.
  if (kind !== 'prefix') {
    it('leaves the model exactly as it was before the first step', async () => {
      for (const length of [FACTORED, MERGED]) {
        const batch = toyBatch(length)
        const adapted = await toySession(config, batch, false)
        const plain = await toySession(toyConfig('full'), batch, false, config)
        const wanted = await plain.logits(batch)
        const got = await adapted.logits(batch)
        // What PiSSA adds and takes away again is equal, but it is summed up in another order.
        // Here codes become float64 numbers, the plain weights are float32; and sums have another order.
        if (!holdsFloat32(config)) expect(relativeError(got, wanted)).toBeLessThan(1e-6)
        else if (config.init_lora_weights === 'pissa') expect(relativeError(got, wanted)).toBeLessThan(1e-12)
        else expect(got).toEqual(wanted)
      }
    })
  }

  it.each([FACTORED, MERGED])(
    'has the gradients of central differences, n held fixed where it is a constant (%i positions)',
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

  if (METHODS[kind].mergeable && kind !== 'full') {
    it('merges into weights that give the same logits without an adapter', async () => {
      const batch = toyBatch(MERGED)
      const adapted = await toySession(config, batch, true)
      const plain = await toySession(toyConfig('full'), batch, false, config)
      const targets = toyTargets(config)
      const merger = await openMerger(referenceBackend, targets, ADAPTERS[kind], config)
      const read = arraysOf(adapted)
      copyTrainedBase(adapted, plain)
      for (const linear of targets) {
        const weight = Float32Array.from(stateOf(plain).get(`${linear.module}.weight`) as Float64Array)
        stateOf(plain).set(`${linear.module}.weight`, Float64Array.from(await merger.merge(linear, weight, read)))
      }
      expect(relativeError(await plain.logits(batch), await adapted.logits(batch))).toBeLessThan(1e-6)
    })
  }

  if (kind !== 'full') {
    it('does not touch the base weights', async () => {
      const batch = toyBatch(MERGED)
      const session = await toySession(config, batch, true)
      const trained = new Set(session.layout.trainables.map(({ variable }) => variable.name))
      const frozen = session.layout.base.filter(({ name }) => !trained.has(name))
      const before = frozen.map(({ name }) => stateOf(session).get(name)?.slice())
      await session.step([batch], 1e-2, 1)
      expect(frozen.map(({ name }) => stateOf(session).get(name))).toEqual(before)
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

  if (ADAPTERS[kind].derived.length > 0)
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

/** Adapter arrays of a session by their names in files. */
function arraysOf(session: Session): (key: string) => Float32Array {
  const { trainables, frozen } = session.layout
  const arrays = new Map(
    [...trainables, ...frozen].flatMap(({ variable, entries }) => {
      const packed = Float32Array.from(stateOf(session).get(variable.name) as Float64Array)
      return entries.map((entry) => [entry.key, entryValues(packed, variable, entry).data] as const)
    }),
  )
  return (key) => arrays.get(key) as Float32Array
}

/** Base weights that were trained beside the adapter. */
function copyTrainedBase(from: Session, to: Session) {
  for (const { variable } of from.layout.trainables) {
    const value = stateOf(from).get(variable.name) as Float64Array
    if (stateOf(to).has(variable.name)) stateOf(to).set(variable.name, value.slice())
  }
}

/** A base weight as the graph sees it, however it is held. */
async function weightOf({ layout, executable }: Session, module: string): Promise<Float64Array> {
  const { state } = executable as ReferenceExecutable
  const held = layout.held.get(`${module}.weight`)
  if (!held) return state.get(`${module}.weight`) as Float64Array
  const signature = { inputs: {}, outputs: { weight: held.whole(null) }, updates: [] }
  const own = await referenceBackend.compile({ variables: held.variables, signatures: { main: signature } })
  for (const { name } of held.variables) own.state.set(name, state.get(name) as Float64Array)
  return own.evaluate('main', {}).weight as Float64Array
}

/** dM and dD straight from the paper's equations 3 and 4, with the merged weights formed. */
async function definition(session: Session, kind: MethodKind, config: RunConfig) {
  const state = stateOf(session)
  const targets = toyTargets(config)
  const merger = kind === 'full' ? null : await openMerger(referenceBackend, targets, ADAPTERS[kind], config)
  const read = arraysOf(session)
  const deltaM: number[] = []
  const deltaD: number[] = []
  for (const linear of targets) {
    const current = await weightOf(session, linear.module)
    const origin = state.get(`origin/${linear.module}`) ?? current
    const tuned = merger ? await merger.merge(linear, Float32Array.from(current), read) : current
    const rows = Array.from({ length: linear.outFeatures }, (_, j) => {
      const at = (i: number) => (linear.fanInFanOut ? i * linear.outFeatures + j : j * linear.inFeatures + i)
      const slice = (x: ArrayLike<number>) => Array.from({ length: linear.inFeatures }, (_, i) => x[at(i)] as number)
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
