import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashModel, INDEX_FILE, openModelFolder, readConfig } from '../../../../main/engine/formats/model-folder.ts'
import { writeModelShards } from '../../../../main/engine/formats/write-shards.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'

const demo = join(import.meta.dirname, '../../../../resources/demo/model')
const tensors = ['a', 'b', 'c'].map((name, i) => ({
  name,
  dtype: 'F32' as const,
  shape: [2, 2],
  data: Float32Array.of(i, i + 1, i + 2, i + 3),
}))

/** A folder of three tensors in two shards. */
async function sharded() {
  const folder = temporaryFolder()
  const files = await writeModelShards(folder, tensors, { maxShardBytes: 32 })
  return { folder, files }
}

test('the demo model opens with all its tensors', () => {
  const model = openModelFolder(demo)
  expect(model.names).toHaveLength(56)
  expect(model.info('model.embed_tokens.weight')).toMatchObject({ dtype: 'BF16', shape: [6144, 256] })
  const values = model.readFloat32('model.norm.weight')
  expect(values).toHaveLength(256)
  expect(values.every((x) => Number.isFinite(x) && x !== 0)).toBe(true)
  expect(thrownBy(() => model.readFloat32('lm_head.weight'))).toMatchObject({ code: 'bad-tensor', message: /lm_head/ })
  model.close()
})

test('shards are read as one model', async () => {
  const { folder, files } = await sharded()
  expect(files).toEqual(['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', INDEX_FILE])
  const model = openModelFolder(folder)
  expect([...model.names].sort()).toEqual(['a', 'b', 'c'])
  for (const { name, data } of tensors) expect(model.readFloat32(name)).toEqual(data)
  model.close()
  expect(JSON.parse(readFileSync(join(folder, INDEX_FILE), 'utf8'))).toEqual({
    metadata: { total_size: 48 },
    weight_map: { a: files[0], b: files[0], c: files[1] },
  })
})

test('a missing shard is named, and so is a tensor that is not where the index says', async () => {
  const { folder, files } = await sharded()
  const index = join(folder, INDEX_FILE)
  writeFileSync(index, JSON.stringify({ weight_map: { a: files[0], c: files[0] } }))
  expect(thrownBy(() => openModelFolder(folder)).message).toMatch(/tensor "c" should be in model-00001/)
  writeFileSync(index, JSON.stringify({ weight_map: { a: files[0], c: files[1] } }))
  rmSync(join(folder, files[1] as string))
  expect(thrownBy(() => openModelFolder(folder)).message).toMatch(/model-00002-of-00002.safetensors is missing/)
})

test('an index cannot lead outside its folder', async () => {
  const { folder } = await sharded()
  for (const file of ['../model.safetensors', '/etc/model.safetensors', 'a/b.safetensors', '..\\x.safetensors', 5]) {
    writeFileSync(join(folder, INDEX_FILE), JSON.stringify({ weight_map: { a: file } }))
    expect(thrownBy(() => openModelFolder(folder)).message).toMatch(/wanted a file in this folder/)
  }
  writeFileSync(join(folder, INDEX_FILE), JSON.stringify({ weight_map: {} }))
  expect(thrownBy(() => openModelFolder(folder)).message).toMatch(/weight_map/)
})

test('a folder with pickle weights, with nothing, and no folder each get their own error', () => {
  const folder = temporaryFolder()
  expect(thrownBy(() => openModelFolder(folder))).toMatchObject({ code: 'bad-file', message: /holds nothing/ })
  writeFileSync(join(folder, 'pytorch_model.bin'), 'x')
  expect(thrownBy(() => openModelFolder(folder))).toMatchObject({ message: /pickle/, hint: /safetensors version/ })
  expect(thrownBy(() => openModelFolder(join(folder, 'none'))).message).toMatch(/no such file or folder/)
})

test('config.json must be there and be an object', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'config.json')
  expect(readConfig(demo).model_type).toBe('llama')
  expect(thrownBy(() => readConfig(folder)).message).toMatch(/config.json: there is no such file/)
  writeFileSync(path, '{"a": ')
  expect(thrownBy(() => readConfig(folder))).toMatchObject({ code: 'bad-file', message: /not valid JSON/ })
  writeFileSync(path, '[1]')
  expect(thrownBy(() => readConfig(folder)).message).toMatch(/an array, wanted a JSON object/)
  writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]))
  expect(thrownBy(() => readConfig(folder)).message).toMatch(/not UTF-8/)
  writeFileSync(path, Buffer.alloc(4_000_001, ' '))
  expect(thrownBy(() => readConfig(folder)).message).toMatch(/4000001 bytes, at most/)
  rmSync(path)
  mkdirSync(path)
  expect(thrownBy(() => readConfig(folder)).message).toMatch(/this is a folder/)
})

test('the hash of a model changes with a weight and with its config, and with nothing else', async () => {
  const { folder } = await sharded()
  writeFileSync(join(folder, 'config.json'), '{}')
  const hash = hashModel(folder)
  writeFileSync(join(folder, 'README.md'), 'changed')
  expect(hashModel(folder)).toBe(hash)
  writeFileSync(join(folder, 'config.json'), '{"a":1}')
  const second = hashModel(folder)
  expect(second).not.toBe(hash)
  const [a, ...rest] = tensors as [(typeof tensors)[0], ...typeof tensors]
  await writeModelShards(folder, [{ ...a, data: Float32Array.of(0, 1, 2, 3.0001) }, ...rest], { maxShardBytes: 32 })
  expect(hashModel(folder)).not.toBe(second)
})
