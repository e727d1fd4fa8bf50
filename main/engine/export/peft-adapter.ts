import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { PeftArrays } from '../adapters/adapter.ts'
import { ADAPTERS } from '../adapters/index.ts'
import type { SafetensorsFile } from '../formats/safetensors.ts'
import { type TensorToWrite, writeSafetensors } from '../formats/write-safetensors.ts'
import type { Backend } from '../ir/executable.ts'
import type { ModelDescription } from '../models/model.ts'
import { adapterConfigText, type LayerScale, TIED_HEAD_KEY, tiedEmbedding } from '../train/peft-form.ts'
import { arraysOf, peftLayer } from '../train/peft-layer.ts'
import { adapterKey, type CellState, layoutState, type StateLayout } from '../train/state.ts'
import { targetLinears } from '../train/targets.ts'
import { foldedPrefix } from './folded-prefix.ts'

/**
 * Writes a checkpoint's trained arrays into `folder` as PEFT reads them. Methods and starts that PEFT lacks (DVoRA,
 * magnitude-only layers, PiSSA on the unchanged base) are written as the LoRA or DoRA adapter that does the same.
 */
export async function writePeftAdapter(
  backend: Backend,
  folder: string,
  trained: SafetensorsFile,
  model: ModelDescription,
  config: RunConfig,
): Promise<void> {
  const layout = layoutState(model, targetLinears(model, config), ADAPTERS[config.method], config, false)
  const scales = new Map<string, LayerScale>()
  const tensors = layout.cells.flatMap((state) => cellTensors(state, trained, scales))
  const path = join(folder, 'adapter_model.safetensors')
  if (layout.front) tensors.push(await foldedPrefix(backend, layout.front, trained, config))
  await writeSafetensors(path, [...tensors, ...baseTensors(layout, trained)], { format: 'pt' })
  writeFileSync(join(folder, 'adapter_config.json'), adapterConfigText(config, layout, scales))
}

function cellTensors(state: CellState, trained: SafetensorsFile, scales: Map<string, LayerScale>): TensorToWrite[] {
  const layers = state.cell.linears.flatMap((linear) => {
    const { arrays, r, alpha } = peftLayer(state, linear, trained)
    scales.set(linear.module, { r, alpha })
    return tensorsOf(linear.module, arrays)
  })
  const writesShared = state.cell.method.peft?.(state.cell.config).writesShared ?? false
  return writesShared ? [...layers, ...tensorsOf('', arraysOf(state, '', trained))] : layers
}

const tensorsOf = (module: string, arrays: PeftArrays): TensorToWrite[] =>
  Object.entries(arrays).map(([part, { data, shape }]) => ({
    name: adapterKey(module, part),
    dtype: 'F32',
    shape,
    data,
  }))

/** Base weights that were trained beside the adapter; the one that embedding and head share under both names. */
function baseTensors(layout: StateLayout, trained: SafetensorsFile): TensorToWrite[] {
  const tied = tiedEmbedding(layout)
  const entries = layout.trainables.flatMap((trainable) => trainable.entries).filter(({ part }) => part === '')
  const heads = entries.filter(({ key }) => key === tied).map((entry) => ({ ...entry, name: TIED_HEAD_KEY }))
  return [...entries.map((entry) => ({ ...entry, name: entry.key })), ...heads].map(({ name, key, shape }) => ({
    name,
    dtype: 'F32',
    shape,
    data: trained.readFloat32(key),
  }))
}
