import type { PeftArrays, PeftLayer } from '../adapters/adapter.ts'
import type { SafetensorsFile } from '../formats/safetensors.ts'
import type { LinearSpec } from '../models/model.ts'
import type { CellState } from './state.ts'

/** The trained arrays of a module, by PEFT part; those that all modules share for ''. */
export const arraysOf = ({ trainables, frozen }: CellState, module: string, trained: SafetensorsFile): PeftArrays =>
  Object.fromEntries(
    [...trainables, ...frozen]
      .flatMap((packing) => packing.entries)
      .filter((entry) => entry.module === module)
      .map(({ part, key, shape }) => [part, { data: trained.readFloat32(key), shape }]),
  )

/** A layer of a checkpoint in PEFT's form, be it the studio's own or not. */
export function peftLayer(state: CellState, linear: LinearSpec, trained: SafetensorsFile): PeftLayer {
  const { method, config } = state.cell
  const own = { arrays: arraysOf(state, linear.module, trained), r: config.r, alpha: config.lora_alpha }
  const convert = method.peft?.(config).convert
  return convert?.(own, arraysOf(state, '', trained), linear, config) ?? own
}
