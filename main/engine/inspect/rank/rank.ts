import { dirname } from 'node:path'
import { fault } from '../../../../shared/domain/error.ts'
import { isRanked, type ModuleRank, type RankFacts } from '../../../../shared/domain/rank.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import type { PeftLayer } from '../../adapters/adapter.ts'
import { ADAPTERS } from '../../adapters/index.ts'
import { A, B, EMBEDDING_A, EMBEDDING_B, loraScale } from '../../adapters/lora-factors.ts'
import { openModelFolder } from '../../formats/model-folder.ts'
import { type BaseWeights, baseWeights } from '../../train/base-weights.ts'
import { openTrained } from '../../train/checkpoint.ts'
import { peftLayer } from '../../train/peft-layer.ts'
import { layoutState } from '../../train/state.ts'
import { targetLinears } from '../../train/targets.ts'
import { reopenTask } from '../../train/task.ts'
import { ENERGY_SHARES, effectiveRank, keptEnergy, rankKeeping, singularValues } from './spectrum.ts'

type Spectrum = {
  readonly module: string
  readonly values: Float64Array
  /** The smaller side of the weight. */
  readonly limit: number
  readonly moved: number
}

/** Of every adapted layer of a checkpoint, how many of its directions the change sBA of the weight uses. */
export async function inspectRank(config: RunConfig, checkpoint: string): Promise<RankFacts> {
  if (!isRanked(config.method))
    throw fault('bad-config', `${config.method} has no rank of its own: only LoRA and DoRA train both factors.`, {
      hint: 'Choose a run of LoRA or DoRA.',
    })
  const { model } = await reopenTask(config, dirname(checkpoint))
  const { description } = model
  const targets = targetLinears(description, config)
  const method = ADAPTERS[config.method]
  const layout = layoutState(description, targets, method, config, false)
  const trained = openTrained(checkpoint, config)
  const base = baseWeights(openModelFolder(config.model_name_or_path), description, config.seed)
  try {
    const spectra = layout.cells
      // Of a layer of which only the magnitude is trained, no direction is.
      .filter(({ cell }) => cell.method !== method.magnitudeOnly)
      .flatMap((state) =>
        state.cell.linears.map((linear) => spectrumOf(linear.module, peftLayer(state, linear, trained), config, base)),
      )
    return factsOf(config, spectra)
  } finally {
    trained.close()
    base.close()
  }
}

function spectrumOf(module: string, { arrays, r, alpha }: PeftLayer, config: RunConfig, base: BaseWeights): Spectrum {
  const [a, b] = [arrays[A] ?? arrays[EMBEDDING_A], arrays[B] ?? arrays[EMBEDDING_B]]
  if (!a || !b) throw new Error(`${module} has no low-rank factors`)
  const limit = Math.min(a.data.length, b.data.length) / r
  // A rank beyond the weight's own only adds zeros, and what rounding leaves of them.
  const values = singularValues(a.data, b.data, r, loraScale({ ...config, r, lora_alpha: alpha })).subarray(0, limit)
  if (!values.every(Number.isFinite))
    throw fault('bad-tensor', `${module}: the trained factors hold values that are no numbers.`, {
      hint: 'Look at an earlier checkpoint.',
    })
  const norm = normOf(base.readFloat32(`${module}.weight`))
  return { module, values, limit, moved: norm === 0 ? 0 : normOf(values) / norm }
}

function normOf(values: ArrayLike<number>): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i] as number) ** 2
  return Math.sqrt(squares)
}

const [MOST, NEARLY_ALL] = ENERGY_SHARES

const moduleOf = ({ module, values, limit, moved }: Spectrum): ModuleRank => ({
  module,
  directions: values.length,
  limit,
  effective: effectiveRank(values),
  most: rankKeeping(values, MOST),
  nearlyAll: rankKeeping(values, NEARLY_ALL),
  moved,
})

function factsOf({ r, lora_alpha: alpha, use_rslora: rslora }: RunConfig, spectra: readonly Spectrum[]): RankFacts {
  const moving = spectra.filter(({ values }) => values.some((value) => value > 0)).map(({ values }) => values)
  const curves = moving.map(keptEnergy)
  const length = Math.max(0, ...curves.map((curve) => curve.length))
  const mean = (k: number) => curves.reduce((total, curve) => total + (curve[k] ?? 1), 0) / curves.length
  return {
    r,
    alpha,
    rslora,
    modules: spectra.map(moduleOf),
    kept: Array.from({ length: curves.length === 0 ? 0 : length }, (_, k) => mean(k)),
  }
}
