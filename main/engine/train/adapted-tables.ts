import type { AdapterConfig } from '../formats/peft-config.ts'
import type { SafetensorsFile } from '../formats/safetensors.ts'
import { sameShape } from '../ir/graph.ts'
import type { LinearSpec } from '../models/model.ts'
import { adapterKey } from './state.ts'

/** The base weights under the names of the model. */
export type ReadBase = (name: string) => Float32Array

/** PEFT's key of an adapted layer's own weight. */
const baseKey = (module: string) => adapterKey(module, 'base_layer.weight')

/** Layers whose own weight PEFT saves beside the adapter, because their vocabulary might have been resized. */
const savedWhole = (targets: readonly LinearSpec[]) => targets.filter(({ embedding, head }) => embedding || head)

/** The base weights that a PEFT file may hold beside the adapter of these layers. */
export const savedBaseKeys = (targets: readonly LinearSpec[]): string[] =>
  savedWhole(targets).map(({ module }) => baseKey(module))

/** How far rounding to the file's type may take a value away, as a share of it. */
const ROUNDING: Readonly<Record<string, number>> = { BF16: 2 ** -8, F16: 2 ** -10 }
const SMALLEST_HALF = 2 ** -24

/** An adapter is only right on the weight that it was trained on: what a file holds of it must be the run's own. */
export function savedBaseFaults(file: SafetensorsFile, targets: readonly LinearSpec[], readBase: ReadBase): string[] {
  return savedWhole(targets).flatMap(({ module, inFeatures, outFeatures, fanInFanOut }) => {
    const key = baseKey(module)
    const found = file.tensors.get(key)
    if (!found) return []
    const shape = fanInFanOut ? [inFeatures, outFeatures] : [outFeatures, inFeatures]
    if (!sameShape(found.shape, shape)) return [`"${key}" is [${found.shape}], the base model's is [${shape}]`]
    const own = readBase(`${module}.weight`)
    const share = ROUNDING[found.dtype] ?? 2 ** -22
    const at = file.readFloat32(key).findIndex((value, i) => {
      const wanted = own[i] as number
      return !(Math.abs(value - wanted) <= share * Math.abs(wanted) + SMALLEST_HALF)
    })
    return at === -1 ? [] : [`"${key}" is not the base model's weight: they differ at element ${at}`]
  })
}

/** PEFT can adapt the head that shares an embedding's weight as well; here the head keeps the weight as it was. */
export const tiedAdapterFaults = (
  { ensure_weight_tying: tying }: AdapterConfig,
  modules: readonly string[],
  tied: string | null,
): string[] =>
  tying && tied !== null && modules.includes(tied)
    ? [`"ensure_weight_tying" is true: the adapter changes the output head as it changes ${tied}, wanted false`]
    : []
