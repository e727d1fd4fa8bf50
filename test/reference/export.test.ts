import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { openTask } from '../../main/engine/train/task.ts'
import { METHOD_KINDS, METHODS, type MethodKind } from '../../shared/domain/method.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { only, train, undisturbed } from '../training/run-harness.ts'
import { testRun } from '../training/test-run.ts'
import { ourLogits } from './our-logits.ts'
import { askReference, python } from './python.ts'

vi.setConfig({ testTimeout: 300_000 })

const inputIds = Int32Array.from({ length: 48 }, (_, i) => (i * 97 + 11) % 6144)
/** Two rows without padding; logits need no labels. */
const BATCH: Batch = {
  shape: { batch: 2, length: 24, labels: 48 },
  inputIds,
  attentionMask: inputIds.map(() => 1),
  labelPositions: new Int32Array(48),
  labelTargets: new Int32Array(48),
  labelWeights: new Float32Array(48),
  labelRows: new Int32Array(48),
  tokens: 48,
  labelCount: 0,
  rows: 2,
  extra: {},
}

const title = python
  ? 'exports opened by transformers and PEFT'
  : 'exports opened by transformers and PEFT (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

describe.runIf(python)(title, () => {
  const cases: readonly { method: MethodKind; extra: Partial<RunConfigInput> }[] = [
    ...METHOD_KINDS.filter((method) => METHODS[method].mergeable || METHODS[method].adapterExport).map((method) => ({
      method,
      extra: {},
    })),
    { method: 'lora', extra: { target_modules: 'all-linear', use_rslora: true } },
    { method: 'dora', extra: { target_modules: 'all-linear', use_rslora: true } },
    { method: 'vera', extra: { target_modules: ['k_proj', 'down_proj'], d_initial: 0.3 } },
    { method: 'dvora', extra: { target_modules: ['q_proj'], magnitude_only_modules: ['o_proj', 'up_proj'] } },
    { method: 'dora', extra: { target_modules: ['q_proj'], magnitude_only_modules: ['o_proj', 'up_proj'] } },
    { method: 'dora', extra: { rank_pattern: { down_proj: 2 }, alpha_pattern: { '0\\.self_attn\\.q_proj': 5 } } },
    { method: 'lora', extra: { layers_to_transform: [1], rank_pattern: { q_proj: 3 }, use_rslora: true } },
    { method: 'lora', extra: { init_lora_weights: 'gaussian', lora_dropout: 0.1 } },
    { method: 'lora', extra: { init_lora_weights: 'pissa', rank_pattern: { v_proj: 3 } } },
    { method: 'dora', extra: { init_lora_weights: 'pissa', use_rslora: true } },
    { method: 'dora', extra: { modules_to_save: ['embed_tokens'], detach_norm: false } },
    { method: 'dora', extra: { lora_dropout: 0.1, dora_dropout: 'fast' } },
    { method: 'dora', extra: { bf16: true } },
    { method: 'lora', extra: { dtype: 'bfloat16' } },
    { method: 'lora', extra: { target_modules: ['embed_tokens', 'q_proj'] } },
    { method: 'dora', extra: { target_modules: ['embed_tokens'], rank_pattern: { embed_tokens: 2 } } },
    { method: 'dora', extra: { target_modules: ['q_proj'], magnitude_only_modules: ['embed_tokens'] } },
    { method: 'prefix', extra: { prefix_projection: true, encoder_hidden_size: 24, num_virtual_tokens: 7 } },
    { method: 'prefix', extra: { modules_to_save: ['input_layernorm'], num_virtual_tokens: 1 } },
  ]

  it.each(cases)('give the same logits to 1e-4: $method $extra', async ({ method, extra }) => {
    const { config, folder, runFolder } = testRun({
      method,
      max_steps: 4,
      save_steps: 0,
      eval_steps: 0,
      ...extra,
    })
    const backend = await tensorflowBackend()
    const checkpoint = only(await train(backend, config, runFolder), 'checkpoint').at(-1)?.folder as string
    const [merged, adapter] = [join(folder, 'merged'), join(folder, 'adapter')]
    const { mergeable, adapterExport: hasAdapter } = METHODS[method]
    if (mergeable)
      await exportRun(backend, { config, checkpoint, kind: 'merged', output: merged, dtype: 'float32' }, undisturbed())
    if (hasAdapter) await exportRun(backend, { config, checkpoint, kind: 'adapter', output: adapter }, undisturbed())

    const trained = { config: { ...config, bf16: false }, ...(await openTask(config)), checkpoint }
    const [ours] = (await ourLogits(trained, [BATCH])) as [Float32Array]
    const logits = join(folder, 'logits.safetensors')
    await writeSafetensors(logits, [
      { name: 'input_ids', dtype: 'I32', shape: [2, 24], data: inputIds },
      { name: 'logits', dtype: 'F32', shape: [2, 24, 6144], data: ours },
    ])
    const found = await askReference('check_export', {
      base: config.model_name_or_path,
      merged: mergeable ? merged : null,
      adapter: hasAdapter ? adapter : null,
      logits,
    })
    if (mergeable) expect(found.vocab).toBe(6144)
    // PEFT merges an embedding into the head that shares its weight as well; transformers reads ours as it was trained.
    const onTied = [config.target_modules, config.magnitude_only_modules].flat().includes('embed_tokens')
    for (const name of ['merged', 'adapter', ...(onTied ? [] : ['peftMerged'])]) {
      if (name in found) expect(found[name], name).toBeLessThan(1e-4 * Math.max(1, found.scale as number))
    }
    expect(['merged' in found, 'adapter' in found]).toEqual([mergeable, hasAdapter])
  })
})
