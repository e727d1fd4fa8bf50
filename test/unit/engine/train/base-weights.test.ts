import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openModelFolder } from '../../../../main/engine/formats/model-folder.ts'
import { writeSafetensors } from '../../../../main/engine/formats/write-safetensors.ts'
import { modelFromConfig } from '../../../../main/engine/models/index.ts'
import { baseWeights } from '../../../../main/engine/train/base-weights.ts'
import { checkWeights } from '../../../../main/engine/train/initial-values.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'

const config = {
  model_type: 'bert',
  vocab_size: 9,
  hidden_size: 4,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 5,
}
const classifier = modelFromConfig(config, { type: 'SEQ_CLS', labels: 3 }).description
const bare = modelFromConfig(config, { type: 'FEATURE_EXTRACTION' }).description

/** A folder with the given tensors, each filled with its number. */
async function folderWith(tensors: readonly { name: string; shape: readonly number[] }[]) {
  const path = temporaryFolder()
  const sized = tensors.map(({ name, shape }, i) => ({
    name,
    shape,
    dtype: 'F32' as const,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(i + 1),
  }))
  await writeSafetensors(join(path, 'model.safetensors'), sized)
  return openModelFolder(path)
}

describe('base weights', () => {
  it('are found without the base prefix, and a new head starts from the seed', async () => {
    const folder = await folderWith(bare.parameters)
    const weights = baseWeights(folder, classifier, 7)
    expect(() => checkWeights(weights, classifier)).not.toThrow()
    expect(weights.fileName('bert.embeddings.word_embeddings.weight')).toBe('embeddings.word_embeddings.weight')
    expect(weights.fileName('classifier.weight')).toBeNull()
    const head = weights.readFloat32('classifier.weight')
    expect(head).toEqual(baseWeights(folder, classifier, 7).readFloat32('classifier.weight'))
    expect(head).not.toEqual(baseWeights(folder, classifier, 8).readFloat32('classifier.weight'))
    expect([...weights.readFloat32('classifier.bias')]).toEqual([0, 0, 0])
    folder.close()
  })

  it('are found with a prefix that a bare model lacks, and under old names', async () => {
    const old = classifier.parameters.map(({ name, shape }) => ({
      name: name.replace('LayerNorm.weight', 'LayerNorm.gamma'),
      shape,
    }))
    const folder = await folderWith(old)
    const weights = baseWeights(folder, bare, 0)
    expect(() => checkWeights(weights, bare)).not.toThrow()
    expect(weights.fileName('embeddings.LayerNorm.weight')).toBe('bert.embeddings.LayerNorm.gamma')
    folder.close()
  })

  it('keep a head that fits, and start one of other classes anew', async () => {
    const folder = await folderWith(classifier.parameters)
    expect(baseWeights(folder, classifier, 0).fileName('classifier.weight')).toBe('classifier.weight')
    const five = modelFromConfig(config, { type: 'SEQ_CLS', labels: 5 }).description
    const weights = baseWeights(folder, five, 0)
    expect(weights.fileName('classifier.weight')).toBeNull()
    expect(weights.readFloat32('classifier.weight').length).toBe(20)
    folder.close()
  })

  it('that are missing for good are named', async () => {
    const folder = await folderWith(bare.parameters.slice(1))
    const error = thrownBy(() => checkWeights(baseWeights(folder, bare, 0), bare))
    expect(error.message).toContain('embeddings.word_embeddings.weight')
    folder.close()
  })
})
