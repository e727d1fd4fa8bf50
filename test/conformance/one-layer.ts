import type { AdapterGroup, AdapterMethod } from '../../main/engine/adapters/adapter.ts'
import type { Dropout } from '../../main/engine/adapters/dropout.ts'
import { MAGNITUDE_PART } from '../../main/engine/adapters/magnitude.ts'
import { baseSquare, rowNorm } from '../../main/engine/adapters/rows.ts'
import { type ReferenceExecutable, referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Program } from '../../main/engine/ir/graph.ts'
import { gather, gradientsOf, matmul, mul, placeholder, sumAll, transpose } from '../../main/engine/ops/index.ts'
import { packed } from '../../main/engine/train/scope.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { pureProgram } from './programs.ts'
import { toyConfig } from './toy.ts'

export const OUT = 4
export const IN = 3
export const layer = { module: 'layer', inFeatures: IN, outFeatures: OUT, bias: false, layer: 0 }
const SHAPES = { weight: [OUT, IN], a: [IN, IN], b: [OUT, IN], m: [OUT, 1], n: [OUT, 1] } as const
export type Values = Record<string, Float64Array>

/**
 * L = sum(R . y) of one layer of rank 3 and scale 1/2 in float64, and its gradients; `n` is fed where it is a constant.
 * `compiled` may be another program made of that one.
 */
export async function layerProgram(
  method: AdapterMethod,
  rows: number,
  extra: Partial<RunConfig> = {},
  compiled: (program: Program) => Program = (program) => program,
) {
  const config = toyConfig(method.kind, { r: IN, lora_alpha: IN / 2, ...extra })
  const node = (name: string, shape: readonly number[]) => placeholder(name, 'float32', shape)
  const leaf = {
    ...mapValues(SHAPES, (shape, name) => node(name, shape)),
    x: node('x', [rows, IN]),
    r: node('r', [rows, OUT]),
    mask: node('mask', [rows, IN]),
  }
  const parts = { 'lora_A.weight': leaf.a, 'lora_B.weight': leaf.b, [MAGNITUDE_PART]: leaf.m } as const
  const group: AdapterGroup = {
    linears: [layer],
    config,
    weight: () => leaf.weight,
    origin: () => leaf.weight,
    product: (x) => matmul(x, leaf.weight, { transposeB: true }),
    rows: (ids) => gather(transpose(leaf.weight, [1, 0]), ids),
    parameter: (part) => ({ blocks: [parts[part as keyof typeof parts]], of: () => parts[part as keyof typeof parts] }),
    shared: () => leaf.a,
    derived: (name) => packed(name === 'norm' ? leaf.n : baseSquare(group), [layer]),
    byModule: (whole) => packed(whole, [layer]),
  }
  const bound = method.bind(group)
  const dropout: Dropout | null = config.lora_dropout > 0 ? (x) => mul(x, leaf.mask) : null
  const y = bound.linear(leaf.x, 'layer', dropout)
  const loss = sumAll(mul(leaf.r, y))
  const [da, db, dm, dx] = gradientsOf(loss, [leaf.a, leaf.b, leaf.m, leaf.x])
  const moments = bound.moments()
  const norm = moments ? rowNorm(baseSquare(group), moments) : leaf.n
  const outputs = { loss, y, norm, da, db, dm, dx } as Record<string, typeof loss>
  const executable = await referenceBackend.compile(compiled(pureProgram({ ...leaf }, outputs)))
  const mask = new Float64Array(rows * IN).fill(1)
  return (values: Values): Values => (executable as ReferenceExecutable).evaluate('main', { mask, ...values }) as Values
}

const mapValues = <K extends string, T, U>(of: Readonly<Record<K, T>>, f: (value: T, key: K) => U) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, f(value as T, key as K)])) as Record<K, U>
