import type { MethodKind } from '../../../shared/domain/method.ts'
import type { Node } from '../ir/graph.ts'
import { add, div, fill, mul, reshape, sub } from '../ops/index.ts'
import type { AdapterGroup, AdapterMethod, AdapterParameter, BoundAdapter, PeftForm } from './adapter.ts'
import { A, B, EMBEDDING_A, EMBEDDING_B } from './lora-factors.ts'

/** PEFT's key of the magnitude vector (without `.weight`). */
export const MAGNITUDE_PART = 'lora_magnitude_vector'

/** m of a layer, which starts at the row norms of its weight. */
export const magnitude = (outFeatures: number): AdapterParameter => ({
  part: MAGNITUDE_PART,
  role: 'm',
  rows: outFeatures,
  columns: 1,
  peftShape: [outFeatures],
  init: 'row-norms',
})

/** A row-wise quantity [out, 1] as [1, out], to go with layers' outputs. */
export const asRow = (gain: Node): Node => reshape(gain, [1, gain.shape[0] as number])

/** y = base + (g-1) base, with g [out, 1]: g is close to 1, and the small term is not rounded away. */
const gained = (base: Node, gain: Node): Node => add(base, mul(sub(asRow(gain), fill(1)), base))

/** W' = (m / |W|) W: only the magnitudes of a layer are trained, its directions stay (paper, table 6). */
export const magnitudeOnly = (kind: MethodKind): AdapterMethod => ({
  kind,
  trainsBase: false,
  derived: ['base_square', 'norm'],
  parameters: ({ outFeatures }) => [magnitude(outFeatures)],
  bind,
  peft: () => magnitudeOnlyForm,
})

function bind(group: AdapterGroup): BoundAdapter {
  const m = group.parameter(MAGNITUDE_PART).blocks[0] as Node
  const gain = group.byModule(div(m, group.derived('norm').node))
  return {
    merged: (module) => mul(gain.of(module), group.weight(module)),
    moments: () => ({ c: fill(0, m.shape), d: fill(0, m.shape) }),
    magnitude: () => m,
    embedding: (ids, module) => gained(group.rows(ids, module), gain.of(module)),
    linear: (x, module) => gained(group.product(x, module), gain.of(module)),
  }
}

/** PEFT has no such rule, but a DoRA layer of rank 1 whose B is zero is one. */
const magnitudeOnlyForm: PeftForm = {
  type: 'LORA',
  useDora: true,
  writesShared: false,
  convert: ({ arrays }, _, { inFeatures, outFeatures, embedding }) => {
    const [a, b] = embedding ? [EMBEDDING_A, EMBEDDING_B] : [A, B]
    return {
      arrays: {
        [a]: { data: new Float32Array(inFeatures), shape: [1, inFeatures] },
        [b]: { data: new Float32Array(outFeatures), shape: [outFeatures, 1] },
        ...arrays,
      },
      r: 1,
      alpha: 1,
    }
  },
}
