import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { roundedToBf16 } from '../../main/engine/bfloat16.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { runSource } from '../../main/engine/export/merge-source.ts'
import { openProof } from '../../main/engine/export/prove.ts'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { asCodes } from '../../main/engine/train/held/blockwise.ts'
import type { ExportReport } from '../../shared/domain/export.ts'
import type { EngineReport } from '../../shared/engine-protocol.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { only, smallRun, train, undisturbed } from './run-harness.ts'
import { tinyRun } from './test-run.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const backend = await tensorflowBackend()
const run = smallRun(sharedFolder(), { max_steps: 6, save_steps: 0, eval_steps: 0, learning_rate: 1e-2 })
let checkpoint: string
beforeAll(async () => {
  checkpoint = only(await train(backend, run.config, run.runFolder), 'checkpoint').at(-1)?.folder as string
})

async function exportedFrom(order: Parameters<typeof exportRun>[1]): Promise<ExportReport> {
  const reports: EngineReport[] = []
  await exportRun(
    backend,
    order,
    undisturbed((message) => reports.push(message)),
  )
  return only(reports, 'exported')[0]?.report as ExportReport
}
const exported = (kind: 'merged' | 'adapter', output: string) =>
  exportedFrom({ config: run.config, checkpoint, kind, output, dtype: 'float32' })

describe('a merged export', () => {
  it('of a quantised run holds the weights that the adapter was trained on', async () => {
    const { config, folder, runFolder } = await tinyRun({
      max_steps: 2,
      save_steps: 0,
      eval_steps: 0,
      learning_rate: 1e-2,
      quantization: 'nf4',
    })
    const base = config.model_name_or_path
    const checkpoint = only(await train(backend, config, runFolder), 'checkpoint').at(-1)?.folder as string
    const output = join(folder, 'merged')
    const { proof } = await exportedFrom({ config, checkpoint, kind: 'merged', output })
    expect(proof?.maxAbsDifference).toBeLessThan(1e-4 * (proof?.maxAbsLogit as number))
    const read = (folder: string, name: string) => openModelFolder(folder).readFloat32(name)
    const untouched = 'model.layers.0.mlp.gate_proj.weight'
    const weight = read(base, untouched)
    expect(read(output, untouched)).toEqual(asCodes(untouched, [weight.length], 'nf4').seen(weight))
    const embedding = 'model.embed_tokens.weight'
    expect(read(output, embedding)).toEqual(roundedToBf16(read(base, embedding)))
  })

  it('proves that it answers as the adapter does', async () => {
    const { proof, files } = await exported('merged', join(run.folder, 'merged'))
    expect(files.map(({ name }) => name)).toEqual(readdirSync(join(run.folder, 'merged')))
    expect(proof).toMatchObject({ prompts: 8, topOneAgreement: 1 })
    expect(proof?.maxAbsDifference).toBeLessThan(1e-4 * (proof?.maxAbsLogit as number))
    expect(proof?.tokens).toBeGreaterThan(8 * 8)
  })

  it('would not pass with the weights of the base, or with one weight changed', async () => {
    const prove = await openProof(backend, runSource(run.config, checkpoint))
    const good = await prove(join(run.folder, 'merged'))
    const base = await prove(run.config.model_name_or_path)
    expect(base.maxAbsDifference).toBeGreaterThan(1000 * good.maxAbsDifference)
    expect(base.meanKl).toBeGreaterThan(1e-3)
    const spoilt = await withOneWeightChanged(join(run.folder, 'merged'), join(run.folder, 'spoilt'))
    const proof = await prove(spoilt)
    expect(proof.maxAbsDifference).toBeGreaterThan(100 * good.maxAbsDifference)
  })

  it('never touches a folder that has something in it', async () => {
    const occupied = join(run.folder, 'occupied')
    mkdirSync(occupied)
    writeFileSync(join(occupied, 'mine.txt'), 'keep')
    expect(await rejectionOf(exported('merged', occupied))).toMatchObject({ code: 'conflict' })
    expect(readdirSync(occupied)).toEqual(['mine.txt'])
  })
})

describe('an adapter export', () => {
  it('holds the two files PEFT wants', async () => {
    await exported('adapter', join(run.folder, 'adapter'))
    expect(readdirSync(join(run.folder, 'adapter')).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ])
    expect(existsSync(join(run.folder, 'adapter', 'optimizer.safetensors'))).toBe(false)
  })
})

async function withOneWeightChanged(from: string, to: string): Promise<string> {
  cpSync(from, to, { recursive: true })
  const model = openModelFolder(from)
  const tensors = model.names.map((name) => {
    const data = model.readFloat32(name)
    if (name === 'model.layers.0.mlp.up_proj.weight') data[5] = (data[5] as number) + 0.5
    return { name, dtype: 'F32' as const, shape: model.info(name).shape, data }
  })
  model.close()
  await writeSafetensors(join(to, 'model.safetensors'), tensors)
  return to
}
