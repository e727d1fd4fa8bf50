import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterGroup, AdapterMethod, AdapterParameter, SharedArray } from '../adapters/adapter.ts'
import { type Cell, cellsOf } from '../adapters/cells.ts'
import { baseSquare, rowNorm } from '../adapters/rows.ts'
import type { Backend, Executable } from '../ir/executable.ts'
import type { Node, Program, Signature } from '../ir/graph.ts'
import { verify } from '../ir/verify.ts'
import type { LinearSpec } from '../models/model.ts'
import { gather, matmul, placeholder, transpose } from '../ops/index.ts'
import { packed } from '../train/scope.ts'
import { adapterKey } from '../train/state.ts'

/** Values of an adapter array by its name in files. */
export type ReadArray = (key: string) => Float32Array

export type Merger = {
  /** The weight that makes the adapter unnecessary, in float32; both as the model stores them. */
  merge(linear: LinearSpec, weight: Float32Array, read: ReadArray): Promise<Float32Array>
  dispose(): void
}

/** An entry point for layers of one shape in one cell. */
type Entry = { readonly name: string; readonly signature: Signature; readonly arrays: Arrays }
type Arrays = { readonly parts: readonly AdapterParameter[]; readonly shared: readonly SharedArray[] }

/** Compiles one entry point a distinct layer shape and rule, so that a model is merged tensor by tensor. */
export async function openMerger(
  backend: Backend,
  linears: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
): Promise<Merger> {
  const entries = new Map<string, Entry>()
  const entryOf = new Map<string, Entry>()
  for (const cell of cellsOf(linears, method, config)) {
    const shared = cell.method.shared?.(cell.linears, cell.config) ?? []
    for (const linear of cell.linears) {
      const name = `merge:${cell.name}:${linear.outFeatures}x${linear.inFeatures}:${linear.fanInFanOut ?? false}`
      const arrays = { parts: cell.method.parameters(linear, cell.config), shared }
      const entry = entries.get(name) ?? { name, arrays, signature: mergeSignature(linear, cell, arrays) }
      entries.set(name, entry)
      entryOf.set(linear.module, entry)
    }
  }
  const program: Program = {
    variables: [],
    signatures: Object.fromEntries([...entries].map(([name, { signature }]) => [name, signature])),
  }
  verify(program)
  const executable: Executable = await backend.compile(program)
  return {
    merge: async ({ module }, weight, read) => {
      const { name, arrays } = entryOf.get(module) as Entry
      const inputs = [
        ...arrays.parts.map(({ part }) => [part, read(adapterKey(module, part))] as const),
        ...arrays.shared.map(({ part }) => [part, read(adapterKey('', part))] as const),
      ]
      const outputs = await executable.run(name, { weight, ...Object.fromEntries(inputs) })
      return outputs.merged as Float32Array
    },
    dispose: executable.dispose,
  }
}

function mergeSignature(linear: LinearSpec, { method, config }: Cell, arrays: Arrays): Signature {
  const { inFeatures, outFeatures, fanInFanOut } = linear
  const oriented = (x: Node) => (fanInFanOut ? transpose(x, [1, 0]) : x)
  const stored = placeholder('weight', 'float32', fanInFanOut ? [inFeatures, outFeatures] : [outFeatures, inFeatures])
  const weight = oriented(stored)
  const parts: Record<string, Node> = Object.fromEntries(
    [...arrays.parts, ...arrays.shared].map(({ part, rows, columns }) => [
      part,
      placeholder(part, 'float32', [rows, columns]),
    ]),
  )
  const group = (norm: (w2: Node) => Node): AdapterGroup => {
    const square = () => baseSquare(self)
    const self: AdapterGroup = {
      linears: [linear],
      config,
      weight: () => weight,
      origin: () => weight,
      product: (x) => matmul(x, weight, { transposeB: true }),
      rows: (ids) => gather(stored, ids),
      parameter: (part) => ({ blocks: [parts[part] as Node], of: () => parts[part] as Node }),
      shared: (part) => parts[part] as Node,
      derived: (name) => packed(name === 'norm' ? norm(square()) : square(), [linear]),
      byModule: (node) => packed(node, [linear]),
    }
    return self
  }
  // n comes from the moments, which do not depend on n: bound once without it, then for good.
  const moments = method.bind(group((w2) => w2)).moments()
  const { merged } = method.bind(group((w2) => (moments ? rowNorm(w2, moments) : w2)))
  if (!merged) throw new Error(`${method.kind} cannot be merged`)
  return { inputs: { weight: stored, ...parts }, outputs: { merged: oriented(merged(linear.module)) }, updates: [] }
}
