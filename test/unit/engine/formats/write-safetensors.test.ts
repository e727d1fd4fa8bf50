import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openSafetensors } from '../../../../main/engine/formats/safetensors.ts'
import {
  type TensorToWrite,
  writeArriving,
  writeSafetensors,
} from '../../../../main/engine/formats/write-safetensors.ts'
import { writeModelShards } from '../../../../main/engine/formats/write-shards.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { rejectionOf } from '../thrown-by.ts'

const fixture = join(import.meta.dirname, '../../../fixtures/python.safetensors')

test('the bytes are those that Python writes', async () => {
  const path = join(temporaryFolder(), 'ours.safetensors')
  const source = openSafetensors(fixture)
  const ints = Int32Array.of(-3, -2, -1, 0, 1, 2)
  const floats = (name: string, dtype: 'F32' | 'BF16' | 'F16', from = name): TensorToWrite => ({
    name,
    dtype,
    shape: source.tensors.get(from)?.shape ?? [],
    data: () => source.readFloat32(from),
  })
  await writeSafetensors(
    path,
    [
      floats('layer.f16', 'F16'),
      floats('layer.bf16', 'BF16'),
      floats('scalar', 'F32'),
      floats('layer.f32', 'F32'),
      { name: 'ids.i32', dtype: 'I32', shape: [6], data: ints },
      { name: 'ids.i64', dtype: 'I64', shape: [6], data: ints },
      floats('empty', 'F32'),
    ],
    { format: 'pt' },
  )
  const ours = openSafetensors(path)
  for (const name of ours.tensors.keys()) expect(ours.readRaw(name), name).toEqual(source.readRaw(name))
  // Order and spelling of the header as in Python's file, which has one tensor (float64) more.
  const header = readFileSync(path, 'latin1').slice(8)
  expect(header).toMatch(
    /^\{"__metadata__":\{"format":"pt"\},"ids.i64":\{"dtype":"I64","shape":\[6\],"data_offsets":\[0,48\]\}/,
  )
  expect([...ours.tensors.keys()]).toEqual([...source.tensors.keys()].filter((name) => name !== 'layer.f64'))
  expect((ours.tensors.get('ids.i64')?.begin ?? 1) % 8).toBe(0)
  source.close()
  ours.close()
})

test('what is written is read back', async () => {
  const folder = temporaryFolder()
  const tensor = fc.tuple(
    fc.array(fc.nat(4), { maxLength: 4 }),
    fc.constantFrom('F32' as const, 'BF16' as const, 'F16' as const),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ minLength: 1 }), tensor, { maxKeys: 6, noNullPrototype: true }),
      async (shapes) => {
        const path = join(folder, 'round.safetensors')
        // Whole numbers up to 256 are exact in every dtype.
        const tensors = Object.entries(shapes).map(([name, [shape, dtype]], t) => {
          const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i - t)
          return { name, dtype, shape, data }
        })
        await writeSafetensors(path, tensors)
        const file = openSafetensors(path)
        expect(file.tensors.size).toBe(tensors.length)
        for (const { name, dtype, shape, data } of tensors) {
          expect(file.tensors.get(name)).toMatchObject({ dtype, shape })
          expect(file.readFloat32(name)).toEqual(data)
        }
        file.close()
      },
    ),
    { numRuns: 60, examples: [[{ ['__proto__']: [[2], 'F32'] }]] },
  )
})

test('data functions are called one after the other, when their turn comes', async () => {
  const seen: string[] = []
  const lazy = (name: string): TensorToWrite => ({
    name,
    dtype: 'F32',
    shape: [1],
    data: async () => {
      seen.push(name)
      return Float32Array.of(1)
    },
  })
  await writeModelShards(temporaryFolder(), [lazy('b'), lazy('a'), lazy('c')], { maxShardBytes: 8 })
  expect(seen).toEqual(['a', 'b', 'c'])
})

test('a tensor of the wrong size leaves no file behind', async () => {
  const path = join(temporaryFolder(), 'bad.safetensors')
  const written = writeSafetensors(path, [{ name: 'w', dtype: 'F32', shape: [3], data: new Float32Array(2) }])
  expect((await rejectionOf(written)).message).toMatch(/"w" \[3\] was given 2 values/)
  expect(existsSync(path)).toBe(false)
})

test('a path that cannot be written is a fault that names it', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  expect((await rejectionOf(writeSafetensors(join(file, 'x'), []))).message).toContain(join(file, 'x'))
})

test('one shard is a plain model file without an index', async () => {
  const folder = temporaryFolder()
  const tensor: TensorToWrite = { name: 'w', dtype: 'BF16', shape: [2], data: Float32Array.of(1, 2) }
  expect(await writeModelShards(folder, [tensor])).toEqual(['model.safetensors'])
  expect(openSafetensors(join(folder, 'model.safetensors')).metadata).toEqual({ format: 'pt' })
})

describe('values that come in another order', () => {
  const tensors = [
    { name: 'b', dtype: 'F32', shape: [2] },
    { name: 'a', dtype: 'BF16', shape: [3] },
    { name: 'c', dtype: 'F32', shape: [1, 1] },
  ] as const
  const values = { b: Float32Array.of(1, 2), a: Float32Array.of(3, 4, 5), c: Float32Array.of(6) }
  const named = (...names: (keyof typeof values)[]) => names.map((name) => [name, values[name]] as const)

  test('make the same file', async () => {
    const [usual, arriving] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')]
    await writeSafetensors(
      usual,
      tensors.map((tensor) => ({ ...tensor, data: values[tensor.name] })),
    )
    await writeArriving(arriving, tensors, named('c', 'a', 'b'))
    expect(readFileSync(arriving)).toEqual(readFileSync(usual))
  })

  test('must be those announced, once each', async () => {
    const path = join(temporaryFolder(), 'x')
    await expect(writeArriving(path, tensors, named('a', 'b'))).rejects.toThrow(/no values came for c/)
    await expect(writeArriving(path, tensors, named('a', 'b', 'a'))).rejects.toThrow(/"a" was not announced, or came/)
    expect(existsSync(path)).toBe(false)
  })
})
