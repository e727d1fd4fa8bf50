import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { ADAPTERS } from '../../../../main/engine/adapters/index.ts'
import { referenceBackend } from '../../../../main/engine/backends/reference/backend.ts'
import { readConfig } from '../../../../main/engine/formats/model-folder.ts'
import {
  bytesOf,
  type Node,
  type Signature,
  signatureRoots,
  sizeOf,
  topological,
} from '../../../../main/engine/ir/graph.ts'
import { arrayFor } from '../../../../main/engine/ir/handed-over.ts'
import { estimateMemory, type MemoryEstimate } from '../../../../main/engine/ir/memory.ts'
import { modelFromConfig } from '../../../../main/engine/models/index.ts'
import type { ParameterSpec } from '../../../../main/engine/models/model.ts'
import { intConstant } from '../../../../main/engine/ops/index.ts'
import { asBfloat16 } from '../../../../main/engine/train/held/bfloat16.ts'
import { asCodes } from '../../../../main/engine/train/held/blockwise.ts'
import type { Quantisation } from '../../../../main/engine/train/held/codes.ts'
import { type HeldWeight, packed } from '../../../../main/engine/train/held/held-weight.ts'
import { buildProgram } from '../../../../main/engine/train/program.ts'
import { layoutState } from '../../../../main/engine/train/state.ts'
import { targetLinears } from '../../../../main/engine/train/targets.ts'
import { type RunConfigInput, runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { samples } from '../../../conformance/programs.ts'
import { DEMO } from '../../../training/tiny-model.ts'
import { thrownBy } from '../thrown-by.ts'

const values = (size: number): Float32Array => samples([[size]], false, size).x0 as Float32Array
const rounded = (weight: Float32Array, kind: Quantisation) => asCodes('w', [weight.length], kind).seen(weight)
const SIZES = [1, 7, 8, 63, 64, 65, 127, 1000]
/** Half of the widest gap between two values, of the largest in the block. */
const BOUND: Readonly<Record<Quantisation, number>> = { nf4: (1 - 0.6961928) / 2, int8: 0.5 / 127 }

describe.each(['nf4', 'int8'] as const)('%s', (kind) => {
  it.each(SIZES)('stays within half a step of every one of %i values', (size) => {
    const weight = values(size)
    const back = rounded(weight, kind)
    expect(back.length).toBe(size)
    weight.forEach((value, i) => {
      const block = weight.subarray(i - (i % 64), i - (i % 64) + 64)
      const largest = Math.max(...block.map(Math.abs))
      expect(Math.abs((back[i] as number) - value)).toBeLessThanOrEqual(largest * BOUND[kind] * (1 + 1e-6))
    })
  })

  it('keeps zeros, and the largest of a block, as they are', () => {
    const weight = new Float32Array(130)
    weight[70] = -0.37
    expect(rounded(weight, kind)[0]).toBe(0)
    expect(rounded(weight, kind)[70]).toBe(Math.fround(-0.37))
    expect(rounded(weight, kind).filter((value) => value !== 0)).toHaveLength(1)
  })

  it('changes nothing the second time', () => {
    const once = rounded(values(200), kind)
    expect(rounded(once, kind)).toEqual(once)
  })
})

type Golden = { readonly weight: number[]; readonly codes: string; readonly absmax: number[] }
const golden: Record<string, Golden> = JSON.parse(readFileSync(join(import.meta.dirname, 'nf4-codes.json'), 'utf8'))

test.each(Object.entries(golden))('NF4 codes and scales are those of bitsandbytes (nf4_codes.py): %s', (_, wanted) => {
  const [words, absmax] = packed(asCodes('w', [wanted.weight.length], 'nf4'), Float32Array.from(wanted.weight))
  const codes = Array.from(words as Int32Array).flatMap((word) =>
    Array.from({ length: 8 }, (_, i) => (word >>> (4 * i)) & 15),
  )
  const shown = codes.map((code) => code.toString(16)).join('')
  expect(shown.slice(0, wanted.codes.length)).toBe(wanted.codes)
  expect(absmax).toEqual(Float32Array.from(wanted.absmax))
})

test('8-bit codes are the nearest of 127 steps, ties up', () => {
  // The float32 nearest to each tie and each step, in blocks whose scale is one; of the ties float32 has the halves alone.
  const ties = Array.from({ length: 253 }, (_, i) => Math.fround((i - 126.5 + 0.5 * (i % 2)) / 127))
  const weight = Float32Array.from([...ties, 0.5, -0.5, -0, 1, -1, 2 ** -24, -(2 ** -24)].flatMap((x) => [x, 1, -1]))
  const [words] = packed(asCodes('w', [weight.length], 'int8'), weight)
  const codes = new Uint8Array((words as Int32Array).slice().buffer).subarray(0, weight.length)
  expect([...codes]).toEqual(Array.from(weight, (x) => Math.floor(x * 127 + 0.5) + 128))
})

test('a weight may come in pieces of whole blocks', () => {
  const weight = values(64 * 5 + 9)
  for (const held of [
    asCodes('w', [weight.length], 'nf4'),
    asCodes('w', [weight.length], 'int8'),
    asBfloat16('w', [weight.length]),
  ]) {
    const whole = packed(held, weight)
    const pieces = held.variables.map(arrayFor)
    for (const [begin, end] of [
      [128, 256],
      [0, 128],
      [256, weight.length],
    ])
      held.pack(weight.subarray(begin, end), begin as number, pieces)
    expect(pieces, held.kind).toEqual(whole)
  }
})

const config = (extra: Partial<RunConfigInput> = {}) =>
  runConfigSchema.parse({ model_name_or_path: join(DEMO, 'model'), train_file: 'x', ...extra })
const demo = modelFromConfig(readConfig(join(DEMO, 'model')))
const layoutOf = (extra: Partial<RunConfigInput>) => {
  const settings = config(extra)
  const targets = targetLinears(demo.description, settings)
  return layoutState(demo.description, targets, ADAPTERS[settings.method], settings, true)
}
const size = (shapes: readonly { readonly shape: readonly number[] }[]) =>
  shapes.reduce((total, { shape }) => total + shape.reduce((product, dim) => product * dim, 1), 0)

const heldBytes = (weights: readonly HeldWeight[]) =>
  weights.flatMap(({ variables }) => variables).reduce((total, variable) => total + bytesOf(variable), 0)

test.each([
  ['nf4', 0.2813],
  ['int8', 0.5313],
] as const)('%s holds the linear layers of the demo model in a share of %f of bfloat16', (quantization, share) => {
  const linears = new Set(demo.description.linears.map(({ module }) => `${module}.weight`))
  const weights = [...layoutOf({ quantization }).held.values()].filter(({ name }) => linears.has(name))
  expect(weights).toHaveLength(demo.description.linears.filter(({ head }) => !head).length)
  expect(heldBytes(weights) / (2 * size(weights))).toBeCloseTo(share, 3)
})

test('NF4 holds the whole base of the demo model in at most 35 % of bfloat16', () => {
  const bytes = (extra: Partial<RunConfigInput>) =>
    layoutOf(extra).base.reduce((total, variable) => total + bytesOf(variable), 0)
  const bfloat16 = 2 * size(demo.description.parameters)
  expect(bytes({ quantization: 'nf4' }) / bfloat16).toBeLessThan(0.35)
  expect(bytes({ quantization: 'nf4', quantize_embeddings: false }) / bfloat16).toBeLessThan(0.5)
  // Norms stay float32.
  expect(bytes({ dtype: 'bfloat16' }) / bfloat16).toBeCloseTo(1, 2)
  expect(bytes({ bf16: true })).toBe(bytes({ dtype: 'bfloat16' }))
  expect(bytes({})).toBe(2 * bfloat16)
})

const stepOf = (extra: Partial<RunConfigInput>, length = 256) => {
  const settings = config(extra)
  const targets = targetLinears(demo.description, settings)
  const trainShapes = [{ batch: 4, length, labels: 4 * length }]
  return buildProgram({ model: demo, targets, method: ADAPTERS.dora, config: settings, trainShapes, evalShapes: [] })
    .program
}

test('the memory estimate counts what weights are held in', () => {
  const weights = [...layoutOf({ quantization: 'nf4' }).held.values()]
  const state = (extra: Partial<RunConfigInput>) => estimateMemory(stepOf(extra)).state
  expect(state({}) - state({ quantization: 'nf4' })).toBe(4 * size(weights) - heldBytes(weights))
})

describe.each(['nf4', 'int8'] as const)('a step over %s', (quantization) => {
  const both = (length: number) =>
    [stepOf({ quantization }, length), stepOf({}, length)].map((program) => estimateMemory(program))

  it.each([256, 64])('saves at its peak what the base saves, length %i', (length) => {
    const [held, plain] = both(length) as [MemoryEstimate, MemoryEstimate]
    expect(held.signature).toBe(`step:4x${length}x${4 * length}`)
    expect(held.working).toBeLessThanOrEqual(plain.working)
  })

  it('forms nothing early for the backward pass of gradient checkpointing', () => {
    const [held, plain] = [{ quantization }, {}].map((extra) =>
      estimateMemory(stepOf({ ...extra, gradient_checkpointing: true })),
    ) as [MemoryEstimate, MemoryEstimate]
    expect(held.state + held.working).toBeLessThan(plain.state + plain.working)
  })

  it('needs less in all where most of its memory is the weight that is just unpacked', () => {
    const [held, plain] = both(8) as [MemoryEstimate, MemoryEstimate]
    expect(held.state + held.working).toBeLessThan(0.9 * (plain.state + plain.working))
  })
})

test('the output head is unpacked once for all chunks of a step, forward and backward', () => {
  const [vocab, hidden] = (demo.description.parameters[0] as ParameterSpec).shape as [number, number]
  const [name, step] = Object.entries(stepOf({ quantization: 'nf4' }, 1024).signatures).find(([key]) =>
    key.startsWith('step:'),
  ) as [string, Signature]
  expect(name).toBe('step:4x1024x4096')
  const nodes = topological(signatureRoots(step))
  const logits = nodes.filter(({ op, shape }) => op.name === 'matmul' && shape[1] === vocab)
  expect(logits.length).toBeGreaterThan(1)
  const unpacked = nodes.filter(({ op, shape }) => op.name === 'gather' && sizeOf(shape) === vocab * hidden)
  expect(unpacked).toHaveLength(1)
})

test('norms, biases and what is trained whole stay float32', () => {
  const names = [...layoutOf({ quantization: 'nf4', modules_to_save: ['o_proj'] }).held.keys()]
  expect(names.filter((name) => /norm|bias|o_proj/.test(name))).toEqual([])
  expect(names.some((name) => name.includes('gate_proj'))).toBe(true)
  expect(layoutOf({ method: 'full', bf16: true }).held.size).toBe(0)
})

test('full fine-tuning of a quantised base is refused', () => {
  const { message } = thrownBy(() => layoutOf({ method: 'full', quantization: 'int8' }))
  expect(message).toContain('quantization: full fine-tuning changes the base weights')
})

describe.each([
  ['nf4', asCodes('w', [5, 128], 'nf4')],
  ['int8', asCodes('w', [5, 128], 'int8')],
  ['int8, blocks across rows', asCodes('w', [5, 30], 'int8')],
  ['bfloat16', asBfloat16('w', [5, 30])],
] as const)('a weight held as %s', (_, held) => {
  const weight = values(sizeOf(held.shape))
  const evaluate = async (build: (held: HeldWeight) => Node) => {
    const signature = { inputs: {}, outputs: { y: build(held) }, updates: [] }
    const executable = await referenceBackend.compile({ variables: held.variables, signatures: { main: signature } })
    await executable.write(packed(held, weight).map((value, i) => [held.variables[i]?.name as string, value] as const))
    return Float32Array.from(executable.evaluate('main', {}).y as Float64Array)
  }

  it('is in the graph what it is said to be seen as', async () => {
    expect(await evaluate(({ whole }) => whole(null))).toEqual(held.seen(weight))
  })

  it('gives single rows', async () => {
    const width = held.shape[1] as number
    const rows = [4, 0, 4]
    const ids = intConstant(Int32Array.from(rows), [rows.length])
    const wanted = rows.flatMap((row) => [...held.seen(weight).subarray(row * width, (row + 1) * width)])
    expect(await evaluate((one) => one.rows(ids))).toEqual(Float32Array.from(wanted))
  })
})
