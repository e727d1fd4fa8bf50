import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { portableBackend } from '../../main/engine/backends/portable/backend.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { openAdapter } from '../../main/engine/train/adapter-import.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { layoutState } from '../../main/engine/train/state.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { METHOD_KINDS, METHODS, type MethodKind } from '../../shared/domain/method.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { goldenCase } from '../conformance/golden-case.ts'
import { relativeError } from '../conformance/programs.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { thrownBy } from '../unit/engine/thrown-by.ts'
import { metric, only, train, undisturbed } from './run-harness.ts'
import { tinyRun } from './test-run.ts'

const golden = (name: string) => join(import.meta.dirname, '../conformance/golden', name)

type Exportable = {
  [K in MethodKind]: (typeof METHODS)[K]['adapterExport'] extends true ? K : never
}[MethodKind]

/** An adapter that PEFT wrote for each method that is exported in PEFT's form; a method without one does not compile. */
const FROM_PEFT = {
  lora: [
    'llama-lora-patterns',
    'qwen2-lora-bias-all',
    'bert-lora-multi-label',
    // Files in which PEFT put the base weights of embedding and head beside the adapter.
    'llama-lora-embedding-tied',
    'llama-lora-embedding-head',
  ],
  dora: [
    'llama-dora',
    'llama-dora-patterns-layers',
    'llama-dora-saved-head',
    'gpt2-dora-fan-in-fan-out',
    'llama-dora-embedding',
    'gpt2-dora-embeddings',
    'bert-dora-embeddings',
    // Their heads are in modules_to_save.
    'llama-dora-score',
    'bert-dora-classifier',
    'bert-dora-regression',
    'bert-dora-tokens',
    'roberta-dora-classifier',
  ],
  vera: ['llama-vera', 'llama-vera-mixed-widths'],
  // PEFT has no DVoRA: ours is exported as DoRA, and that is what comes back.
  dvora: [],
  prefix: ['llama-prefix-saved-head', 'llama-prefix-projection', 'bert-prefix-classifier'],
} as const satisfies Record<Exportable, readonly string[]>

describe.each(Object.values(FROM_PEFT).flat())('an adapter that PEFT wrote: %s', (name) => {
  it('gives PEFT’s logits where a run starts from it, and trains on as in PEFT', async () => {
    const { config, batch, expected, open, steps } = goldenCase(name)
    // What PEFT saves of a prefix is the prefix, whatever it was trained through.
    const folded = { prefix_projection: false }
    const session = await open(await portableBackend(), folded)
    const base = openModelFolder(join(golden(name), 'base'))
    const folder = join(golden(name), 'adapter')
    const adapter = openAdapter(folder, session.layout, { ...config, ...folded }, base.readFloat32)
    await session.load(initialValues(base, session.layout, 0, adapter.value), false)
    adapter.close()
    base.close()
    expect(relativeError(await session.logits(batch), expected.readFloat32('logits'))).toBeLessThan(1e-4)
    // Through its projection a prefix learns otherwise than by itself.
    if (config.prefix_projection) return
    const losses: number[] = []
    for (let step = 1; step <= steps; step++) {
      losses.push((await session.step([batch], config.learning_rate, step)).loss)
    }
    expect(relativeError(losses, expected.readFloat32('losses'))).toBeLessThan(1e-4)
  })
})

it('every method that has a PEFT form is tried with PEFT’s own files', () => {
  expect(Object.keys(FROM_PEFT).sort()).toEqual(METHOD_KINDS.filter((kind) => METHODS[kind].adapterExport).sort())
})

describe('an adapter that does not fit', () => {
  const layoutOf = (extra: object) => {
    const config = { ...goldenCase('llama-dora').config, ...extra }
    const { description } = modelFromConfig(readConfig(config.model_name_or_path))
    return {
      config,
      layout: layoutState(description, targetLinears(description, config), ADAPTERS[config.method], config, false),
    }
  }
  const faultsOf = (folder: string, extra: object) => {
    const { config, layout } = layoutOf(extra)
    const base = openModelFolder(config.model_name_or_path)
    const thrown = thrownBy(() => openAdapter(folder, layout, config, base.readFloat32))
    base.close()
    return thrown
  }

  it('is refused with its other method, rank, scale, names and shapes in one error', () => {
    const folder = join(golden('llama-lora'), 'adapter')
    const { code, details, hint } = faultsOf(folder, { r: 2, lora_alpha: 4, target_modules: ['q_proj', 'o_proj'] })
    expect(code).toBe('bad-file')
    expect(details[0]).toBe('"use_dora" is false in the adapter, true in the run')
    for (const part of [
      'r is 4 in the adapter, 2 in the run, for model.layers.0.self_attn.q_proj',
      'lora_alpha is 8 in the adapter, 4 in the run, for model.layers.0.self_attn.q_proj',
      '"base_model.model.model.layers.0.self_attn.o_proj.lora_A.weight" is missing',
      '"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" is [4,32], wanted [2,32]',
    ])
      expect(details).toContain(part)
    expect(hint).toContain('method, ranks and target_modules')
  })

  it('is refused where one stands in front of the text and the other in the layers', () => {
    const prefix = join(golden('llama-prefix-saved-head'), 'adapter')
    expect(faultsOf(prefix, {}).details[0]).toBe('"peft_type" is "PREFIX_TUNING" in the adapter, "LORA" in the run')
    const other = { method: 'prefix', target_modules: 'all-linear', modules_to_save: ['lm_head'] }
    expect(faultsOf(join(golden('llama-lora'), 'adapter'), other).details[0]).toBe(
      '"peft_type" is "LORA" in the adapter, "PREFIX_TUNING" in the run',
    )
    const { details } = faultsOf(prefix, { ...other, num_virtual_tokens: 6 })
    expect(details).toEqual([
      '"num_virtual_tokens" is 5 in the adapter, 6 in the run',
      '"prompt_embeddings" is [5,64], wanted [6,64]',
    ])
  })

  it('is refused if it holds arrays the run would leave out', () => {
    const { details } = faultsOf(join(golden('llama-dora'), 'adapter'), { target_modules: ['q_proj'] })
    expect(details[0]).toMatch(/^"base_model\.model\.model\.layers\.\d\..*" is of no module that the run trains$/)
  })

  it('is refused if values are no numbers, each array with the place', async () => {
    const folder = temporaryFolder()
    cpSync(join(golden('llama-dora'), 'adapter/adapter_config.json'), join(folder, 'adapter_config.json'))
    const file = openSafetensors(join(golden('llama-dora'), 'adapter/adapter_model.safetensors'))
    const spoilt = [...file.tensors].map(([name, { shape }]) => {
      const data = file.readFloat32(name)
      if (name.endsWith('layers.1.mlp.up_proj.lora_magnitude_vector')) data[3] = Number.NaN
      if (name.endsWith('layers.0.self_attn.q_proj.lora_B.weight')) data[7] = Number.POSITIVE_INFINITY
      return { name, dtype: 'F32' as const, shape, data }
    })
    await writeSafetensors(join(folder, 'adapter_model.safetensors'), spoilt)
    const spots = [
      expect.stringMatching(/q_proj\.lora_B\.weight" has Infinity at element 7$/),
      expect.stringMatching(/up_proj\.lora_magnitude_vector" has NaN at element 3$/),
    ]
    expect(faultsOf(folder, {}).details).toEqual(spots)
    // Beside what else does not fit, in the same error.
    const { details } = faultsOf(folder, { method: 'dora', use_rslora: true, modules_to_save: ['lm_head'] })
    expect(details).toEqual(expect.arrayContaining(spots))
    expect(details).toContain('"use_rslora" is false in the adapter, true in the run')
    expect(details).toContainEqual(expect.stringMatching(/lm_head\.weight" is missing$/))
  })
})

it('a run goes on from the prefix that another run folded and exported', async () => {
  const backend = await portableBackend()
  const through = { prefix_projection: true, encoder_hidden_size: 6, num_virtual_tokens: 3 }
  const settings = { method: 'prefix', max_steps: 3, learning_rate: 0.1 } as const
  const { config: own, folder, runFolder } = await tinyRun({ ...settings, ...through })
  const reports = await train(backend, own, runFolder)
  const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
  expect(existsSync(join(checkpoint, 'adapter_config.json'))).toBe(false)
  const output = join(folder, 'adapter')
  await exportRun(backend, { config: own, checkpoint, kind: 'adapter', output }, undisturbed())
  await expect(
    exportRun(backend, { config: own, checkpoint, kind: 'merged', output: join(folder, 'merged') }, undisturbed()),
  ).rejects.toThrow('Prefix tuning cannot be merged: what it trains stands beside the text, and no weight can hold it.')

  const next = { ...own, prefix_projection: false, adapter_name_or_path: output, learning_rate: 1e-9, max_steps: 1 }
  const continued = await train(backend, next, join(folder, 'next'))
  const lossAt = (of: typeof reports, step: number) =>
    metric(of, 'eval_loss').find(([at]) => at === step)?.[2] as number
  expect(lossAt(continued, 1)).toBeCloseTo(lossAt(reports, 3), 5)
  expect(lossAt(reports, 3)).not.toBeCloseTo(
    lossAt(await train(backend, { ...next, adapter_name_or_path: null }, join(folder, 'fresh')), 1),
    5,
  )
  await expect(train(backend, { ...next, prefix_projection: true }, join(folder, 'refused'))).rejects.toThrow(
    /prefix_projection: the prefix of adapter_name_or_path/,
  )
})

const continued: readonly (readonly [MethodKind, Partial<RunConfigInput>])[] = [
  ['dora', {}],
  ['vera', {}],
  ['dora', { target_modules: ['embed_tokens', 'v_proj'] }],
]
it.each(continued)('a run goes on from the %s adapter that another run exported %o', async (method, extra) => {
  const backend = await portableBackend()
  const { config: own, folder, runFolder } = await tinyRun({ method, max_steps: 3, learning_rate: 2e-2, ...extra })
  const reports = await train(backend, own, runFolder)
  const checkpoint = only(reports, 'checkpoint').at(-1)?.folder as string
  const output = join(folder, 'adapter')
  await exportRun(backend, { config: own, checkpoint, kind: 'adapter', output }, undisturbed())
  expect(JSON.parse(readFileSync(join(output, 'adapter_config.json'), 'utf8')).r).toBe(own.r)

  const next = { ...own, adapter_name_or_path: output }
  const continued = await train(backend, next, join(folder, 'next'))
  const start = (rows: readonly (readonly [number, string | null | undefined, number])[], step: number) =>
    rows.filter(([at]) => at === step).map(([, , value]) => value)
  expect(start(metric(continued, 'delta_d'), 0)).toEqual(start(metric(reports, 'delta_d'), 3))
  writeFileSync(join(output, 'adapter_config.json'), '{"peft_type": "LORA", "r": 3}')
  await expect(train(backend, next, join(folder, 'refused'))).rejects.toThrow(/target_modules/)
})
