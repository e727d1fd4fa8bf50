import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { manyFaults, onFile } from './file-fault.ts'
import { hashFolder } from './hash.ts'
import { isJsonObject, type JsonObject, readJsonObject } from './json-file.ts'
import { openSafetensors, type SafetensorsFile, type TensorInfo, type UsePiece } from './safetensors.ts'

/** The weights of a Hugging Face model folder, one file or many shards; only headers are in memory. */
export type ModelFolder = {
  readonly path: string
  /** Tensor names, in the order of the files. */
  readonly names: readonly string[]
  /** Names of the weight files inside the folder. */
  readonly files: readonly string[]
  readonly info: (name: string) => TensorInfo
  /** Values as float32, written to `into` if that is given; `bad-tensor` for an unknown name or a dtype that is no float. */
  readonly readFloat32: (name: string, into?: Float32Array) => Float32Array
  /** Values as BF16, two to a 32-bit word; exact where the file is BF16. */
  readonly readBf16: (name: string, into?: Int32Array) => Int32Array
  /** Values as float32, piece by piece in memory that is used again; `at`, the number before a piece, is a multiple of 64. */
  readonly readPieces: (name: string, use: UsePiece) => void
  readonly close: () => void
}

export const WEIGHTS_FILE = 'model.safetensors'
export const INDEX_FILE = 'model.safetensors.index.json'

const maxConfigBytes = 4_000_000
const maxIndexBytes = 100_000_000

/** Opens `model.safetensors` or the shards of its index; every missing or wrong shard is named in one fault. */
export function openModelFolder(path: string): ModelFolder {
  const listed = existsSync(join(path, WEIGHTS_FILE)) ? null : readIndex(path)
  const files = listed ? [...new Set(listed.values())].sort() : [WEIGHTS_FILE]
  const opened: SafetensorsFile[] = []
  const close = () => {
    for (const file of opened) file.close()
  }
  try {
    for (const file of files) opened.push(openSafetensors(join(path, file)))
    const home = listed ? locate(path, files, opened, listed) : allOf(opened)
    const fileOf = (name: string) => home.get(name) ?? unknownTensor(path, name)
    return {
      path,
      names: [...home.keys()],
      files,
      info: (name) => fileOf(name).tensors.get(name) as TensorInfo,
      readFloat32: (name, into) => fileOf(name).readFloat32(name, into),
      readBf16: (name, into) => fileOf(name).readBf16(name, into),
      readPieces: (name, use) => fileOf(name).readPieces(name, use),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** config.json of a model folder as a JSON object; what it says is for the model family to check. */
export const readConfig = (folder: string): JsonObject => readJsonObject(join(folder, 'config.json'), maxConfigBytes)

/** SHA-256 (hex) of what a run depends on in a model folder: config.json, tokenizer.json and the weights. */
export function hashModel(folder: string): string {
  const { files, close } = openModelFolder(folder)
  close()
  return hashFolder(folder, ['config.json', 'tokenizer.json', ...files])
}

const allOf = (files: readonly SafetensorsFile[]) =>
  new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)))

/** Tensor name to shard, as the index says, checked against the shards' own headers. */
function locate(
  path: string,
  files: readonly string[],
  opened: readonly SafetensorsFile[],
  listed: ReadonlyMap<string, string>,
): Map<string, SafetensorsFile> {
  const byFile = new Map(files.map((file, i) => [file, opened[i] as SafetensorsFile]))
  const home = new Map([...listed].map(([name, file]) => [name, byFile.get(file) as SafetensorsFile]))
  const complaints = [...listed].flatMap(([name, file]) =>
    byFile.get(file)?.tensors.has(name) ? [] : [`tensor "${name}" should be in ${file} but is not there`],
  )
  if (complaints.length === 0) return home
  throw manyFaults('bad-file', join(path, INDEX_FILE), complaints, 'Are index and shards from the same model?')
}

function readIndex(path: string): Map<string, string> {
  const indexPath = join(path, INDEX_FILE)
  if (!existsSync(indexPath)) throw noWeights(path)
  const map = readJsonObject(indexPath, maxIndexBytes).weight_map
  const hint = 'Download the index file again.'
  if (!isJsonObject(map) || Object.keys(map).length === 0) {
    throw manyFaults('bad-file', indexPath, ['"weight_map" must map tensor names to files'], hint)
  }
  const entries = Object.entries(map)
  const unsafe = entries.filter(([, file]) => !isPlainFileName(file))
  if (unsafe.length > 0) {
    const complaints = unsafe.map(([name, file]) => `"${name}" points to ${shown(file)}, wanted a file in this folder`)
    throw manyFaults('bad-file', indexPath, complaints, hint)
  }
  const files = [...new Set(entries.map(([, file]) => file as string))]
  const missing = files.filter((file) => !existsSync(join(path, file)))
  if (missing.length > 0) {
    const complaints = missing.map((file) => `the shard ${file} is missing (${files.length} are listed)`)
    throw manyFaults('bad-file', indexPath, complaints, 'Download the missing files into the same folder.')
  }
  return new Map(entries as [string, string][])
}

/** An index comes from strangers: nothing outside the folder may be opened through it. */
const isPlainFileName = (file: unknown) => typeof file === 'string' && /^[\w][\w.-]{0,199}\.safetensors$/.test(file)

function noWeights(path: string) {
  const entries = onFile(path, () => readdirSync(path))
  if (entries.some((name) => /^(pytorch_model.*|.*\.(bin|pt|pth|ckpt))$/.test(name))) {
    return fault('bad-file', `${path}: the weights are pickle files (.bin), wanted ${WEIGHTS_FILE}.`, {
      hint: 'Pickle files can run code when they are opened, so they are not read. Use a safetensors version of the model.',
    })
  }
  const found = entries.slice(0, 10).join(', ') || 'nothing'
  return fault('bad-file', `${path}: found neither ${WEIGHTS_FILE} nor ${INDEX_FILE}; the folder holds ${found}.`, {
    hint: 'Choose the folder of a Hugging Face model, with config.json, tokenizer.json and safetensors weights.',
  })
}

function unknownTensor(path: string, name: string): never {
  throw fault('bad-tensor', `${path}: there is no tensor "${name}".`, { hint: 'Is config.json from another model?' })
}
