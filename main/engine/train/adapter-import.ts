import { join } from 'node:path'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { patternValue } from '../adapters/module-names.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { type AdapterConfig, type PrefixConfig, readAdapterConfig } from '../formats/peft-config.ts'
import { openSafetensors, type SafetensorsFile } from '../formats/safetensors.ts'
import type { LinearSpec } from '../models/model.ts'
import { type ReadBase, savedBaseFaults, savedBaseKeys, tiedAdapterFaults } from './adapted-tables.ts'
import { packingFaults, readPacking, savedArrays } from './packed-file.ts'
import { TIED_HEAD_KEY, tiedEmbedding } from './peft-form.ts'
import type { Packing, StateLayout } from './state.ts'

/** A PEFT adapter whose arrays a run starts from. */
export type ImportedAdapter = {
  /** The packed value of a variable; undefined for what the adapter does not hold. */
  value(variable: string): Float32Array | undefined
  close(): void
}

/**
 * Opens a folder with adapter_config.json and adapter_model.safetensors as PEFT writes them, and checks it against the
 * run: method, ranks, scales, names, shapes and values, and the base weights that it holds. Everything that does not fit is
 * listed in one `bad-file` error.
 */
export function openAdapter(
  folder: string,
  layout: StateLayout,
  config: RunConfig,
  readBase: ReadBase,
): ImportedAdapter {
  const settings = readAdapterConfig(folder)
  const file = openSafetensors(join(folder, 'adapter_model.safetensors'))
  const packings = savedArrays(layout)
  const complaints = [
    ...settingFaults(settings, layout, config),
    ...packings.flatMap((packing) => arrayFaults(file, packing)),
    ...strangers(file, packings, layout),
    ...savedBaseFaults(file, targetsOf(layout), readBase),
  ]
  if (complaints.length > 0) {
    file.close()
    const made = settings.base_model_name_or_path
    throw manyFaults(
      'bad-file',
      folder,
      complaints,
      `Give the run the adapter's own method, ranks and target_modules${made ? `; the adapter was made for ${made}` : ''}.`,
    )
  }
  const known = new Map(packings.map((packing) => [packing.variable.name, packing]))
  return {
    value: (variable) => {
      const packing = known.get(variable)
      return packing && readPacking(file, packing)
    },
    close: file.close,
  }
}

/** Settings that change what the arrays mean. */
function settingFaults(settings: AdapterConfig | PrefixConfig, layout: StateLayout, config: RunConfig): string[] {
  const { cells, front } = layout
  const complaints: string[] = []
  const compare = (name: string, got: unknown, wanted: unknown) => {
    if (got !== wanted) complaints.push(`"${name}" is ${shown(got)} in the adapter, ${shown(wanted)} in the run`)
  }
  if (front || settings.peft_type === 'PREFIX_TUNING') {
    compare(
      'peft_type',
      settings.peft_type,
      front ? 'PREFIX_TUNING' : (cells[0]?.cell.method.peft?.(config).type ?? null),
    )
    if (settings.peft_type === 'PREFIX_TUNING' && front)
      compare('num_virtual_tokens', settings.num_virtual_tokens, front.rule.length(config))
    return complaints
  }
  const forms = cells.map(({ cell }) => cell.method.peft?.(config))
  const [form] = forms
  if (!form || forms.some((one) => one?.convert))
    return [`${config.method} has no adapter file of its own to start from`]
  compare('peft_type', settings.peft_type, form.type)
  if (form.type === 'VERA') {
    compare('r', settings.r, config.r)
    return complaints
  }
  compare('use_dora', settings.use_dora, form.useDora)
  compare('use_rslora', settings.use_rslora, config.use_rslora)
  const scales = new Set<string>()
  for (const { cell } of cells) {
    for (const { module } of cell.linears) {
      const r = patternValue(settings.rank_pattern, module, settings.r)
      const alpha = patternValue(settings.alpha_pattern, module, settings.lora_alpha)
      if (r !== cell.config.r) scales.add(`r is ${r} in the adapter, ${cell.config.r} in the run, for ${module}`)
      if (alpha !== cell.config.lora_alpha)
        scales.add(`lora_alpha is ${alpha} in the adapter, ${cell.config.lora_alpha} in the run, for ${module}`)
    }
  }
  const modules = targetsOf(layout).map(({ module }) => module)
  return [...complaints, ...scales, ...tiedAdapterFaults(settings, modules, layout.tied)]
}

const targetsOf = ({ cells }: StateLayout): LinearSpec[] => cells.flatMap(({ cell }) => cell.linears)

/** Arrays that the run would leave out: it would then not be the same adapter. */
function strangers(file: SafetensorsFile, packings: readonly Packing[], layout: StateLayout): string[] {
  const wanted = new Set(packings.flatMap(({ entries }) => entries.map(({ key }) => key)))
  for (const key of savedBaseKeys(targetsOf(layout))) wanted.add(key)
  if (tiedEmbedding(layout) !== null) wanted.add(TIED_HEAD_KEY)
  return [...file.tensors.keys()]
    .filter((name) => !wanted.has(name))
    .map((name) => `"${name}" is of no module that the run trains`)
}

/** Arrays that are not there or of another shape, and values that are no numbers: those would turn every loss into NaN. */
const arrayFaults = (file: SafetensorsFile, packing: Packing): string[] =>
  packing.entries.flatMap((entry) => {
    const misfits = packingFaults(file, { ...packing, entries: [entry] })
    return misfits.length > 0 ? misfits : valueFaults(file, entry.key)
  })

function valueFaults(file: SafetensorsFile, key: string): string[] {
  const values = file.readFloat32(key)
  const at = values.findIndex((value) => !Number.isFinite(value))
  return at === -1 ? [] : [`"${key}" has ${values[at]} at element ${at}`]
}
