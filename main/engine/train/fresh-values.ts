import type { Cell } from '../adapters/cells.ts'
import { leadingFactors } from '../adapters/leading-factors.ts'
import { loraScale } from '../adapters/lora-factors.ts'
import { sizeOf } from '../ir/graph.ts'
import { gaussian, seededRandom } from '../random.ts'
import type { Entry, Packing, StateLayout } from './state.ts'

/** A layer's weight before training, as the model stores it. */
export type ReadWeight = (module: string) => Float32Array

type Factors = { readonly a: Float32Array; readonly b: Float32Array }

/**
 * Fresh adapter arrays by variable name; undefined for variables that are no adapter's. Each module draws from its own
 * stream, so targets do not disturb each other.
 */
export function freshValues(
  { cells, front }: StateLayout,
  seed: number,
  weight: ReadWeight,
): (name: string) => Float32Array | undefined {
  const inFront = new Map(front?.trainables.map((packing) => [packing.variable.name, packing]))
  const owners = new Map(
    cells.flatMap(({ cell, trainables, frozen }) =>
      [...trainables, ...frozen].map((packing) => [packing.variable.name, { cell, packing }] as const),
    ),
  )
  const factors = pissaFactors(seed, weight)
  return (name) => {
    const packing = inFront.get(name)
    if (packing) return freshFront(packing, seed)
    const owner = owners.get(name)
    return owner && freshPacking(owner.packing, owner.cell, seed, (module) => factors(module, owner.cell))
  }
}

function freshFront({ variable, entries }: Packing, seed: number): Float32Array {
  const data = new Float32Array(sizeOf(variable.shape))
  for (const entry of entries) fillPlain(data, entry, variable.shape[1] as number, seed)
  return data
}

function freshPacking(
  { variable, entries }: Packing,
  cell: Cell,
  seed: number,
  factors: (module: string) => Factors,
): Float32Array {
  const data = new Float32Array(sizeOf(variable.shape))
  const columns = variable.shape[1] as number
  for (const entry of entries) {
    const part = data.subarray(entry.begin * columns, (entry.begin + entry.rows) * columns)
    fillFresh(part, entry, columns, cell, seed, factors)
  }
  return data
}

function fillFresh(
  data: Float32Array,
  entry: Entry,
  columns: number,
  { config }: Cell,
  seed: number,
  factors: (module: string) => Factors,
): void {
  const { module, part, parameter } = entry
  const init = parameter?.init
  // PEFT's kaiming_uniform with gain sqrt(2).
  if (init === 'vera-projection')
    fillUniform(data, seededRandom(config.projection_prng_key, part), Math.sqrt(6 / columns))
  else if (init === 'pissa-a') data.set(factors(module).a)
  else if (init === 'pissa-b') data.set(factors(module).b)
  else fillPlain(data, entry, columns, seed)
}

/** B and magnitudes stay zero here: the latter are set from the weights' norms once those are known. */
function fillPlain(data: Float32Array, { module, part, parameter, rows }: Entry, columns: number, seed: number): void {
  const init = parameter?.init
  const own = seededRandom(seed, `${module}.${part}`)
  // U(-1/sqrt(in), 1/sqrt(in)) is PyTorch's kaiming_uniform with a = sqrt(5), as PEFT starts A.
  if (init === 'kaiming-uniform') fillUniform(data, own, 1 / Math.sqrt(columns))
  if (init === 'gaussian') fillNormal(data, own, 1 / rows)
  if (init === 'normal') fillNormal(data, own, 1)
  if (typeof init !== 'object') return
  if ('uniform' in init) fillUniform(data, own, init.uniform)
  else data.fill(init.constant)
}

function fillUniform(data: Float32Array, random: () => number, bound: number): void {
  for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) * bound
}

function fillNormal(data: Float32Array, random: () => number, deviation: number): void {
  const normal = gaussian(random)
  for (let i = 0; i < data.length; i++) data[i] = normal() * deviation
}

/** PiSSA's factors of a layer, A = sqrt(S/s) V^T and B = U sqrt(S/s), computed once. */
function pissaFactors(seed: number, weight: ReadWeight): (module: string, cell: Cell) => Factors {
  const known = new Map<string, Factors>()
  return (module, cell) => {
    const factors = known.get(module) ?? computeFactors(module, cell, seed, weight(module))
    known.set(module, factors)
    return factors
  }
}

function computeFactors(module: string, { config, linears }: Cell, seed: number, stored: Float32Array): Factors {
  const linear = linears.find((one) => one.module === module)
  if (!linear) throw new Error(`${module} is not adapted`)
  const { inFeatures, outFeatures, fanInFanOut } = linear
  const [rows, columns] = fanInFanOut ? [inFeatures, outFeatures] : [outFeatures, inFeatures]
  const normal = gaussian(seededRandom(seed, `${module}.pissa`))
  const { u, v, values } = leadingFactors(stored, rows, columns, config.r, normal)
  const kept = values.length
  const scale = loraScale(config)
  const root = (k: number) => Math.sqrt((values[k] as number) / scale)
  const [left, right] = fanInFanOut ? [v, u] : [u, v]
  const a = new Float32Array(config.r * inFeatures)
  const b = new Float32Array(outFeatures * config.r)
  for (let k = 0; k < kept; k++) {
    for (let j = 0; j < inFeatures; j++) a[k * inFeatures + j] = root(k) * (right[j * kept + k] as number)
    for (let i = 0; i < outFeatures; i++) b[i * config.r + k] = root(k) * (left[i * kept + k] as number)
  }
  return { a, b }
}
