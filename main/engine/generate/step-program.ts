import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod } from '../adapters/adapter.ts'
import { type Node, type Program, type Signature, sizeOf, type Update, type Variable } from '../ir/graph.ts'
import { verify } from '../ir/verify.ts'
import type { CacheNodes, LinearSpec, Model, Prefix } from '../models/model.ts'
import { add, fill, mul, pad, placeholder, read, reshape, segmentSum, slice, sub } from '../ops/index.ts'
import { derivedSignatures, inPrecision } from '../train/program.ts'
import { type BoundModel, bindModel } from '../train/scope.ts'
import { layoutState, type StateLayout, type StoredAs } from '../train/state.ts'

export type StepRequest = {
  readonly model: Model
  readonly targets: readonly LinearSpec[]
  readonly method: AdapterMethod
  readonly config: RunConfig
  readonly stored?: StoredAs
  /** Positions that prefix, prompt and answer may have together. */
  readonly slots: number
}

export type StepProgram = {
  readonly program: Program
  readonly layout: StateLayout
  /** Keys and values of every layer, float32 [slots, groups*size]. */
  readonly cache: readonly Variable[]
}

/** Tokens an entry point takes, the largest first. A prompt is fed in such pieces without padding. */
export const CHUNKS = [64, 8, 1] as const

/**
 * The model as `generate:64`, `generate:8` and `generate:1` over one cache, and the method's derived values. A prefix is
 * written into the first slots of the cache by `prefix`, once; the tokens then stand behind it.
 */
export function stepProgram({ model, targets, method, config, stored, slots }: StepRequest): StepProgram {
  const layout = layoutState(model.description, targets, method, config, false, stored)
  const bound = bindModel(model.description, targets, method, config, layout)
  const cache = new Map<string, Variable>()
  const signatures: Record<string, Signature> = { ...derivedSignatures(bound) }
  for (const chunk of CHUNKS.filter((size) => size <= slots)) {
    signatures[`generate:${chunk}`] = stepSignature(model, bound, cache, chunk, slots)
  }
  const { prefix } = bound.scope
  if (prefix) signatures.prefix = prefixSignature([...cache.values()], prefix, slots)
  const program = inPrecision({ variables: [...layout.all, ...cache.values()], signatures }, config)
  verify(program)
  return { program, layout, cache: [...cache.values()] }
}

/** Tokens at `positions` to the logits [1, outputs] of what follows the last of them. */
function stepSignature(
  model: Model,
  { scope: { prefix: _, ...scope } }: BoundModel,
  cache: Map<string, Variable>,
  length: number,
  slots: number,
): Signature {
  const inputIds = placeholder('inputIds', 'int32', [length])
  const positions = placeholder('positions', 'int32', [length])
  const memory = memoryOf(cache, positions, slots)
  const ones = fill(1, [length])
  const hidden = model.hidden(scope, { batch: 1, length, inputIds, attentionMask: ones, positions, cache: memory })
  const logits = model.logits(scope, slice(hidden, length - 1, 1))
  return { inputs: { inputIds, positions }, outputs: { logits }, updates: memory.updates }
}

/** Puts a prefix into its slots; the variables are keys and values, layer by layer. */
function prefixSignature(cache: readonly Variable[], prefix: Prefix, slots: number): Signature {
  const updates = cache.map((variable, i): Update => {
    const { keys, values } = prefix.of(Math.floor(i / 2))
    const rows = reshape(i % 2 === 0 ? keys : values, [prefix.length, variable.shape[1] as number])
    return { kind: 'assign', variable, value: pad(rows, 0, slots - prefix.length) }
  })
  return { inputs: {}, outputs: {}, updates }
}

/** Cache variables, made at the first entry point that meets them: slots written now give way, all others stay. */
function memoryOf(cache: Map<string, Variable>, positions: Node, slots: number): CacheNodes & { updates: Update[] } {
  const updates: Update[] = []
  const kept = sub(fill(1), segmentSum(fill(1, [positions.shape[0] as number, 1]), positions, slots))
  const extended = (name: string, fresh: Node): Node => {
    const [, length, groups, size] = fresh.shape as [number, number, number, number]
    const known = cache.get(name) ?? { name, dtype: 'float32' as const, shape: [slots, groups * size] }
    cache.set(name, known)
    const written = segmentSum(reshape(fresh, [length, groups * size]), positions, slots)
    const value = add(mul(read(known), kept), written)
    updates.push({ kind: 'assign', variable: known, value })
    return reshape(value, [1, slots, groups, size])
  }
  return {
    slots,
    updates,
    extend: ({ keys, values }) => {
      const layer = updates.length / 2
      return { keys: extended(`cache/${layer}/keys`, keys), values: extended(`cache/${layer}/values`, values) }
    },
  }
}

/** Zeros for every slot of the cache. */
export function* emptyCache(cache: readonly Variable[]): Iterable<readonly [string, Float32Array]> {
  for (const { name, shape } of cache) yield [name, new Float32Array(sizeOf(shape))]
}
