import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterGroup, AdapterMethod } from '../adapters/adapter.ts'
import { baseSquare, rowNorm } from '../adapters/rows.ts'
import type { Backend, Executable } from '../ir/executable.ts'
import type { Node, Program, Signature } from '../ir/graph.ts'
import { verify } from '../ir/verify.ts'
import type { LinearSpec } from '../models/model.ts'
import { placeholder } from '../ops/index.ts'
import { packed } from '../train/scope.ts'

/** Values of a module's adapter arrays by PEFT part. */
export type AdapterParts = Readonly<Record<string, Float32Array>>

export type Merger = {
  /** The weight [out, in] that makes the adapter unnecessary, in float32. */
  merge(linear: LinearSpec, weight: Float32Array, parts: AdapterParts): Promise<Float32Array>
  dispose(): void
}

const entryName = ({ inFeatures, outFeatures }: LinearSpec) => `merge:${outFeatures}x${inFeatures}`

/** Compiles one entry point a distinct layer shape, so that a model is merged tensor by tensor. */
export async function openMerger(
  backend: Backend,
  linears: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
): Promise<Merger> {
  const byShape = new Map(linears.map((linear) => [entryName(linear), linear]))
  const signatures = Object.fromEntries(
    [...byShape].map(([name, linear]) => [name, mergeSignature(linear, method, config)]),
  )
  const program: Program = { variables: [], signatures }
  verify(program)
  const executable: Executable = await backend.compile(program)
  return {
    merge: async (linear, weight, parts) => {
      const outputs = await executable.run(entryName(linear), { weight, ...parts })
      return outputs.merged as Float32Array
    },
    dispose: executable.dispose,
  }
}

function mergeSignature(linear: LinearSpec, method: AdapterMethod, config: RunConfig): Signature {
  const weight = placeholder('weight', 'float32', [linear.outFeatures, linear.inFeatures])
  const parts: Record<string, Node> = Object.fromEntries(
    method
      .parameters(linear, config)
      .map(({ part, rows, columns }) => [part, placeholder(part, 'float32', [rows, columns])]),
  )
  const group = (norm: (w2: Node) => Node): AdapterGroup => {
    const square = () => baseSquare(self)
    const self: AdapterGroup = {
      linears: [linear],
      config,
      weight: () => weight,
      origin: () => weight,
      parameter: (part) => ({ blocks: [parts[part] as Node], of: () => parts[part] as Node }),
      derived: (name) => packed(name === 'norm' ? norm(square()) : square(), [linear]),
      byModule: (node) => packed(node, [linear]),
    }
    return self
  }
  // n comes from the moments, which do not depend on n: bound once without it, then for good.
  const { moments } = method.bind(group((w2) => w2))
  const merged = method.bind(group((w2) => rowNorm(w2, moments()))).merged(linear.module)
  return { inputs: { weight, ...parts }, outputs: { merged }, updates: [] }
}
