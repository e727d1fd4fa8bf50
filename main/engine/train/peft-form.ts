import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { lastName } from '../adapters/module-names.ts'
import { adapterConfigJson, type PeftSettings, prefixConfigJson } from '../formats/peft-config.ts'
import type { LinearSpec } from '../models/model.ts'
import type { CellState, StateLayout } from './state.ts'

/** Whether the arrays of a run are what PEFT's own file of the method holds, without any conversion. */
export const isPeftForm = (config: RunConfig, layout: StateLayout): boolean =>
  tiedEmbedding(layout) === null &&
  (layout.front ? layout.front.rule.isFolded(config) : layout.cells.length > 0) &&
  layout.cells.every(({ cell }) => {
    const form = cell.method.peft?.(cell.config)
    return form !== undefined && form.convert === undefined
  })

/** PEFT's name of an output head that shares the embedding's weight, and must share the trained one too. */
export const TIED_HEAD_KEY = 'base_model.model.lm_head.weight'

/** Key of a trained embedding whose weight the output head shares; null where there is none. */
export function tiedEmbedding({ tied, trainables }: StateLayout): string | null {
  const trained = trainables.flatMap(({ entries }) => entries)
  return trained.find(({ part, module }) => part === '' && module === `${tied}.weight`)?.key ?? null
}

/** Rank and alpha of a layer in the file. */
export type LayerScale = { readonly r: number; readonly alpha: number }

/** Text of adapter_config.json; `scales` as in {@link peftSettings}. */
export function adapterConfigText(
  config: RunConfig,
  layout: StateLayout,
  scales: ReadonlyMap<string, LayerScale> = layerScales(layout),
): string {
  if (!layout.front) return adapterConfigJson(peftSettings(config, layout, scales))
  return prefixConfigJson({ config, ...layout.front.model, savedModules: savedModules(layout) })
}

/**
 * The settings of adapter_config.json. Names are spelt out (no `all-linear`), as full paths where only some layers of
 * that name are adapted; `scales` are the ranks and alphas of layers in the file, where they are not the run's own.
 */
function peftSettings(config: RunConfig, layout: StateLayout, scales: ReadonlyMap<string, LayerScale>): PeftSettings {
  const linears = layout.cells.flatMap(({ cell }) => cell.linears)
  const form = layout.cells[0]?.cell.method.peft?.(config)
  if (!form) throw new Error(`${config.method} has no PEFT form`)
  const saved = savedModules(layout)
  const common = mostFrequent([...scales.values()], ({ r, alpha }) => `${r}/${alpha}`)
  const patterns = (of: (scale: LayerScale) => number) =>
    Object.fromEntries(
      [...scales]
        .filter(([, scale]) => of(scale) !== of(common))
        .map(([module, scale]) => [literal(module), of(scale)]),
    )
  return {
    config,
    form,
    taskType: config.task_type,
    r: common.r,
    alpha: common.alpha,
    rankPattern: patterns(({ r }) => r),
    alphaPattern: patterns(({ alpha }) => alpha),
    targets: targetNames(config, linears),
    fanInFanOut: linears.some(({ fanInFanOut, embedding }) => fanInFanOut && !embedding),
    savedModules: saved,
    tied: tiedEmbedding(layout) !== null,
  }
}

/** Last names where they say which layers are meant: not if some layers are left out, or several of one share a name. */
function targetNames(config: RunConfig, linears: readonly LinearSpec[]): string[] {
  const { target_modules: given, layers_to_transform: layers } = config
  const dotted = given !== 'all-linear' && given.some((name) => name.includes('.'))
  const places = linears.map(({ module, layer }) => `${layer}/${lastName(module)}`)
  const clear = layers === null && !dotted && new Set(places).size === places.length
  return [...new Set(linears.map(({ module }) => (clear ? lastName(module) : module)))]
}

const layerScales = ({ cells }: StateLayout): ReadonlyMap<string, LayerScale> =>
  new Map(cells.flatMap(({ cell }) => cell.linears.map(({ module }) => [module, scaleOf(cell)] as const)))

const scaleOf = ({ config }: CellState['cell']): LayerScale => ({ r: config.r, alpha: config.lora_alpha })

function mostFrequent<T>(values: readonly T[], key: (value: T) => string): T {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(key(value), (counts.get(key(value)) ?? 0) + 1)
  return values.reduce((best, value) => ((counts.get(key(value)) ?? 0) > (counts.get(key(best)) ?? 0) ? value : best))
}

const literal = (module: string) => module.replaceAll('.', '\\.')

/** Modules whose own weights are trained beside the adapter; biases are not modules. */
function savedModules({ trainables }: StateLayout): string[] | null {
  const names = trainables
    .flatMap(({ role, entries }) => (role === 'weight' ? entries : []))
    .filter(({ part, key }) => part === '' && key.startsWith('base_model.') && !key.endsWith('bias'))
    .map(({ module }) => module.slice(0, module.lastIndexOf('.')))
    // RoBERTa's head is one module of two layers, and PEFT saves it as one.
    .map((module) => module.replace(/^classifier\..*/, 'classifier'))
  return names.length > 0 ? [...new Set(names)] : null
}
