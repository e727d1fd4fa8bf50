import { holdsFloat32, type RunConfig } from '../../../../shared/domain/run-config.ts'
import type { AdapterMethod } from '../../adapters/adapter.ts'
import type { LinearSpec, ModelDescription } from '../../models/model.ts'
import { trainedBase } from '../trained-base.ts'
import { asBfloat16 } from './bfloat16.ts'
import { asCodes, hasWholeRows } from './blockwise.ts'
import type { HeldWeight } from './held-weight.ts'

/**
 * The weights that a run holds in less than float32, by name: frozen matrices. With `quantization` those of linear layers
 * become codes; embeddings, and an output head, become 8-bit codes if `quantize_embeddings` says so. All else, and all
 * without `quantization`, is bfloat16. Norms and biases stay float32: they are small, and everything goes through them.
 */
export function heldWeights(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
): ReadonlyMap<string, HeldWeight> {
  if (holdsFloat32(config)) return new Map()
  const { quantization, quantize_embeddings: ofEmbeddings } = config
  const trained = trainedBase(model, targets, method, config)
  const layers = new Set(model.linears.filter(({ head }) => !head).map(({ module }) => `${module}.weight`))
  const frozen = model.parameters.filter(({ name, shape }) => shape.length === 2 && !trained.has(name))
  return new Map(
    frozen.map(({ name, shape }) => {
      if (quantization !== 'none' && layers.has(name)) return [name, asCodes(name, shape, quantization)]
      if (quantization !== 'none' && ofEmbeddings && hasWholeRows(shape)) return [name, asCodes(name, shape, 'int8')]
      return [name, asBfloat16(name, shape)]
    }),
  )
}
