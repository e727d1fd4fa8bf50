import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onFile } from './file-fault.ts'
import { INDEX_FILE, WEIGHTS_FILE } from './model-folder.ts'
import { type TensorToWrite, tensorBytes, writeSafetensors } from './write-safetensors.ts'

const defaultShardBytes = 5_000_000_000

/**
 * Writes a model's tensors as Hugging Face does: one model.safetensors, or numbered shards of at most `maxShardBytes`
 * (one tensor may exceed it) with an index. Answers with the names of the files written.
 */
export async function writeModelShards(
  folder: string,
  tensors: Iterable<TensorToWrite>,
  { maxShardBytes = defaultShardBytes }: { readonly maxShardBytes?: number } = {},
): Promise<string[]> {
  const shards = split([...tensors], maxShardBytes)
  const names = shards.map((_, i) => shardName(i, shards.length))
  for (const [i, shard] of shards.entries()) {
    await writeSafetensors(join(folder, names[i] as string), shard, { format: 'pt' })
  }
  if (shards.length === 1) return names
  const indexPath = join(folder, INDEX_FILE)
  onFile(indexPath, () => writeFileSync(indexPath, indexJson(shards, names)))
  return [...names, INDEX_FILE]
}

const padded = (n: number) => String(n).padStart(5, '0')
const shardName = (i: number, count: number) =>
  count === 1 ? WEIGHTS_FILE : `model-${padded(i + 1)}-of-${padded(count)}.safetensors`

function split(tensors: readonly TensorToWrite[], maxBytes: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [[]]
  let bytes = 0
  for (const tensor of tensors) {
    const size = tensorBytes(tensor)
    if (bytes > 0 && bytes + size > maxBytes) {
      shards.push([])
      bytes = 0
    }
    shards.at(-1)?.push(tensor)
    bytes += size
  }
  return shards
}

function indexJson(shards: readonly (readonly TensorToWrite[])[], names: readonly string[]): string {
  const entries = shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i] as string] as const))
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const total = shards.flat().reduce((sum, tensor) => sum + tensorBytes(tensor), 0)
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(sorted) }
  return `${JSON.stringify(index, null, 2)}\n`
}
