import { expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { countTrainable } from '../../main/engine/train/state.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { type RunConfigInput, runConfigSchema } from '../../shared/domain/run-config.ts'

const llama = (
  hidden: number,
  intermediate: number,
  layers: number,
  heads: number,
  extra: Record<string, number> = {},
) =>
  modelFromConfig({
    model_type: 'llama',
    vocab_size: 32_000,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    rms_norm_eps: 1e-6,
    ...extra,
  }).description

const MODELS = {
  'LLaMA-7B': llama(4096, 11_008, 32, 32),
  'LLaMA-13B': llama(5120, 13_824, 40, 40),
  'LLaMA3-8B': llama(4096, 14_336, 32, 32, { vocab_size: 128_256, num_key_value_heads: 8 }),
}
const total = (name: keyof typeof MODELS) =>
  MODELS[name].parameters.reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0)

/** Those the paper adapts on LLaMA; its shares are of these. */
const PAPER_TARGETS = ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj']

function count(name: keyof typeof MODELS, settings: Partial<RunConfigInput>): number {
  const config = runConfigSchema.parse({
    model_name_or_path: 'x',
    train_file: 'x',
    target_modules: PAPER_TARGETS,
    ...settings,
  })
  return countTrainable(MODELS[name], targetLinears(MODELS[name], config), ADAPTERS[config.method], config)
}

it('counts the trainable numbers of LLaMA-7B at rank 32 exactly', () => {
  expect(count('LLaMA-7B', { method: 'lora', r: 32 })).toBe(56_098_816)
  expect(count('LLaMA-7B', { method: 'dora', r: 32 })).toBe(56_975_360)
})

const QKV = { target_modules: ['q_proj', 'k_proj', 'v_proj'] }
const magnitudes = { ...QKV, magnitude_only_modules: ['o_proj', 'gate_proj', 'up_proj', 'down_proj'] }

/** Shares of trained numbers in arXiv 2402.09353, table 1, which rounds. */
it.each([
  ['LLaMA-7B', { method: 'lora', r: 32 }, 0.83],
  ['LLaMA-7B', { method: 'dora', r: 32 }, 0.84],
  ['LLaMA-7B', { method: 'dora', r: 16 }, 0.43],
  ['LLaMA-7B', { method: 'series', target_modules: ['down_proj'] }, 0.99],
  ['LLaMA-7B', { method: 'parallel', target_modules: ['up_proj', 'down_proj'] }, 3.54],
  // 30 positions, as LLM-Adapters trains them; the paper cuts 0.1166 to 0.11.
  ['LLaMA-7B', { method: 'prefix' }, 0.12],
  ['LLaMA-13B', { method: 'lora', r: 32 }, 0.67],
  ['LLaMA-13B', { method: 'dora', r: 32 }, 0.68],
  ['LLaMA-13B', { method: 'dora', r: 16 }, 0.35],
  ['LLaMA-13B', { method: 'parallel', target_modules: ['up_proj', 'down_proj'] }, 2.89],
  ['LLaMA3-8B', { method: 'lora', r: 32 }, 0.7],
  ['LLaMA3-8B', { method: 'dora', r: 32 }, 0.71],
] as const)('%s trains the paper’s share with %o: %d %%', (name, settings, percent) => {
  expect(Math.round(100 * share(name, settings as Partial<RunConfigInput>)) / 100).toBe(percent)
})

/**
 * The one share of table 1 that no rounding gives. On LLaMA3-8B at rank 16, A and B are 28,311,552 numbers (0.351 % of the
 * model) and m 786,432 more (0.361 %). The paper prints 0.35 for DoRA, the share without m, though all its other rows count
 * m: 0.71 at rank 32 (0.700 without), 0.43 on 7B (0.415 without), 0.35 on 13B (0.336 without).
 */
it('counts m on LLaMA3-8B at rank 16, where the paper’s 0.35 leaves it out', () => {
  const [lora, dora] = (['lora', 'dora'] as const).map((method) => count('LLaMA3-8B', { method, r: 16 }))
  // q and o are 4096 wide, k and v 1024 (grouped), up and down 14,336; 32 layers.
  const perLayer = 16 * (4096 + 4096 + 2 * (4096 + 1024) + 2 * (4096 + 14_336))
  const magnitudes = 4096 + 1024 + 1024 + 14_336 + 4096
  expect([lora, dora]).toEqual([32 * perLayer, 32 * (perLayer + magnitudes)])
  expect(share('LLaMA3-8B', { method: 'lora', r: 16 })).toBeCloseTo(0.3513, 4)
  expect(share('LLaMA3-8B', { method: 'dora', r: 16 })).toBeCloseTo(0.361, 4)
})

/** Table 6 cuts where table 1 rounds: on 13B, A and B of Q, K and V (39,321,600) and all m (2,129,920) are 0.3175 %, printed as 0.31. */
it.each([
  ['LLaMA-7B', 0.39],
  ['LLaMA-13B', 0.31],
] as const)('%s trains the paper’s share with directions on QKV and magnitudes everywhere: %d %%', (name, percent) => {
  expect(Math.floor(100 * share(name, { method: 'dora', r: 32, ...magnitudes })) / 100).toBe(percent)
})

it('counts A and B of Q, K and V and the m of every linear layer of LLaMA-13B', () => {
  const directions = 40 * 3 * 32 * (5120 + 5120)
  const allMagnitudes = 40 * (5 * 5120 + 2 * 13_824)
  expect(count('LLaMA-13B', { method: 'dora', r: 32, ...magnitudes })).toBe(directions + allMagnitudes)
  expect(share('LLaMA-13B', { method: 'dora', r: 32, ...magnitudes })).toBeCloseTo(0.3175, 4)
})

function share(name: keyof typeof MODELS, settings: Partial<RunConfigInput>): number {
  const trained = count(name, settings)
  return (100 * trained) / (total(name) + trained)
}
