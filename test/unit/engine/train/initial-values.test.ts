import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../../../main/engine/adapters/index.ts'
import { unpackBf16 } from '../../../../main/engine/bfloat16.ts'
import { type ModelFolder, openModelFolder } from '../../../../main/engine/formats/model-folder.ts'
import { writeSafetensors } from '../../../../main/engine/formats/write-safetensors.ts'
import { sizeOf, type Variable } from '../../../../main/engine/ir/graph.ts'
import { valuesOf } from '../../../../main/engine/ir/handed-over.ts'
import { asCodes } from '../../../../main/engine/train/held/blockwise.ts'
import { packed } from '../../../../main/engine/train/held/held-weight.ts'
import { initialValues } from '../../../../main/engine/train/initial-values.ts'
import { layoutState } from '../../../../main/engine/train/state.ts'
import { type RunConfigInput, runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { toyModel } from '../../../conformance/toy.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'

const { description } = toyModel

/** The toy model's weights in a file, a few of them given. */
async function folderOf(dtype: 'F32' | 'BF16', given: Readonly<Record<string, number>> = {}): Promise<ModelFolder> {
  const folder = temporaryFolder()
  const tensors = description.parameters.map(({ name, shape }) => {
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => given[name] ?? i / 4 - 1)
    return { name, dtype, shape, data }
  })
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  return openModelFolder(folder)
}

function readWith(folder: ModelFolder, extra: Partial<RunConfigInput>) {
  const settings = { model_name_or_path: 'x', train_file: 'x', method: 'lora', target_modules: ['up'], ...extra }
  const config = runConfigSchema.parse(settings)
  const targets = description.linears.filter(({ module }) => module === 'up')
  const stored = (name: string) => folder.info(name).dtype
  const layout = layoutState(description, targets, ADAPTERS.lora, config, false, stored)
  const variables = new Map(layout.all.map((variable) => [variable.name, variable]))
  const read = [...initialValues(folder, layout, 1)].map(
    ([name, written]) => [name, valuesOf(written, variables.get(name) as Variable)] as const,
  )
  return new Map(read)
}

describe('weights from a file', () => {
  it.each(['float32', 'bfloat16'] as const)('of bfloat16 are handed over as they are, held as %s', async (dtype) => {
    const folder = await folderOf('BF16')
    for (const [name, value] of readWith(folder, { dtype })) {
      if (!folder.names.includes(name)) continue
      const size = sizeOf(folder.info(name).shape)
      expect(value).toBeInstanceOf(Int32Array)
      expect(unpackBf16(value as Int32Array, size), name).toEqual(folder.readFloat32(name))
    }
  })

  it('of float32 are rounded where they are held as bfloat16, and norms and biases are not', async () => {
    const values = readWith(await folderOf('F32', { 'up.weight': 1.001, 'up.bias': 1.001 }), { dtype: 'bfloat16' })
    expect(unpackBf16(values.get('up.weight') as Int32Array, 2)).toEqual(Float32Array.of(1, 1))
    expect((values.get('up.bias') as Float32Array)[0]).toBe(Math.fround(1.001))
  })

  it.each([{ dtype: 'bfloat16' }, { quantization: 'nf4' }, { quantization: 'int8' }] as const)(
    'that are no numbers are refused by name and place: %o',
    async (settings) => {
      for (const [bad, shown] of [
        [Number.NaN, 'NaN'],
        [Number.NEGATIVE_INFINITY, '-Infinity'],
      ] as const) {
        const folder = await folderOf('BF16', { 'down.weight': bad })
        const wanted = `"down.weight" has ${shown} at element 0 (30 of 30`
        expect(() => readWith(folder, settings)).toThrow(wanted)
      }
    },
  )

  it.each(['nf4', 'int8'] as const)('become codes of %s and their scales', async (quantization) => {
    for (const dtype of ['F32', 'BF16'] as const) {
      const folder = await folderOf(dtype)
      const [words, absmax] = packed(asCodes('down.weight', [5, 6], quantization), folder.readFloat32('down.weight'))
      const read = readWith(folder, { quantization })
      expect(read.get('codes/down.weight')).toEqual(words)
      expect(read.get('absmax/down.weight')).toEqual(absmax)
    }
  })

  it('that are too large for bfloat16 are refused', async () => {
    const folder = await folderOf('F32', { 'down.weight': 3.4e38 })
    expect(() => readWith(folder, { dtype: 'bfloat16' })).toThrow(/"down.weight" has values that are too large/)
    expect(readWith(folder, {}).get('down.weight')).toHaveLength(30)
  })

  it('that are trained come as float32, as a checkpoint gives them back', async () => {
    const values = readWith(await folderOf('BF16'), { bias: 'all' })
    expect(values.get('up.bias')).toBeInstanceOf(Float32Array)
    expect(values.get('down.weight')).toBeInstanceOf(Int32Array)
  })
})
