import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { roundedToBf16 } from '../../main/engine/bfloat16.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { roundModel } from '../../main/engine/export/round-model.ts'
import { decodeF16, encodeF16 } from '../../main/engine/formats/dtype.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { type ExportDtype, type ExportReport, FILE_DTYPES, MERGE_BOUNDS } from '../../shared/domain/export.ts'
import type { RunConfig, RunConfigInput } from '../../shared/domain/run-config.ts'
import type { EngineReport } from '../../shared/engine-protocol.ts'
import { relativeError } from '../conformance/programs.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { only, train, undisturbed } from './run-harness.ts'
import { testRun, tinyRun } from './test-run.ts'

vi.setConfig({ testTimeout: 240_000 })

const backend = await tensorflowBackend()
const BRIEF = { max_steps: 3, save_steps: 0, eval_steps: 0, learning_rate: 1e-2 } as const

const roundedToF16 = (values: Float32Array): Float32Array => {
  const rounded = new Float32Array(values.length)
  decodeF16(encodeF16(values), rounded)
  return rounded
}
const ROUND = { float32: (values: Float32Array) => values, bfloat16: roundedToBf16, float16: roundedToF16 } as const

async function trained(run: { config: RunConfig; runFolder: string; folder: string }) {
  const checkpoint = only(await train(backend, run.config, run.runFolder), 'checkpoint').at(-1)?.folder as string
  return async (name: string, dtype: ExportDtype | null) => {
    const reports: EngineReport[] = []
    const control = undisturbed((message) => reports.push(message))
    const output = join(run.folder, name)
    await exportRun(backend, { config: run.config, checkpoint, kind: 'merged', output, dtype }, control)
    return { output, report: only(reports, 'exported')[0]?.report as ExportReport }
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)
const sameBits = (a: Float32Array, b: Float32Array) => bytesOf(a).equals(bytesOf(b))

/** Every tensor of a folder: its dtype and its values. */
function contents(folder: string): Map<string, { dtype: string; values: Float32Array }> {
  const model = openModelFolder(folder)
  const all = new Map(
    model.names.map((name) => [name, { dtype: model.info(name).dtype, values: model.readFloat32(name) }]),
  )
  model.close()
  return all
}

describe('a merged model is written in the dtype asked for', () => {
  it('rounded once from the float32 merge, and proved by its own figures', async () => {
    const write = await trained(await tinyRun(BRIEF))
    const whole = contents((await write('float32', 'float32')).output)
    for (const dtype of ['bfloat16', 'float16'] as const) {
      const { output, report } = await write(dtype, dtype)
      for (const [name, tensor] of contents(output)) {
        expect(tensor.dtype, name).toBe(FILE_DTYPES[dtype])
        const rounded = ROUND[dtype](whole.get(name)?.values as Float32Array)
        expect(sameBits(tensor.values, rounded), name).toBe(true)
      }
      expect(report.files.map(({ name }) => name)).not.toContain('float32')
      const { maxAbsLogit, maxAbsDifference, unrounded } = report.proof as NonNullable<ExportReport['proof']>
      expect(report.proof).toMatchObject({ dtype, prompts: 8 })
      expect(unrounded).toBeLessThan(MERGE_BOUNDS.float32 * maxAbsLogit)
      // What rounding did is seen, and is of the size that its dtype explains.
      expect(maxAbsDifference).toBeGreaterThan(10 * (unrounded as number))
      expect(maxAbsDifference).toBeLessThan(MERGE_BOUNDS[dtype] * maxAbsLogit)
    }
  })

  it('or, by default, in that of the base, which config.json says under the name it had', async () => {
    const short = await tinyRun(BRIEF)
    const model_name_or_path = join(short.folder, 'short')
    mkdirSync(model_name_or_path)
    await roundModel(short.config.model_name_or_path, model_name_or_path, 'bfloat16', async () => {})
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
      cpSync(join(short.config.model_name_or_path, name), join(model_name_or_path, name))
    const first = await (await trained({ ...short, config: { ...short.config, model_name_or_path } }))('own', null)
    expect([...new Set([...contents(first.output).values()].map(({ dtype }) => dtype))]).toEqual(['BF16'])
    expect(first.report.proof).toMatchObject({ dtype: 'bfloat16' })
    expect(readConfig(first.output)).toMatchObject({ dtype: 'bfloat16' })
    expect('torch_dtype' in readConfig(first.output)).toBe(false)
    const ofTiny = await tinyRun(BRIEF)
    const path = join(ofTiny.config.model_name_or_path, 'config.json')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), torch_dtype: 'bfloat16' }))
    const second = await (await trained(ofTiny))('own', null)
    // What the files hold counts, not what config.json claims.
    expect([...new Set([...contents(second.output).values()].map(({ dtype }) => dtype))]).toEqual(['F32'])
    expect(second.report.proof).toMatchObject({ dtype: 'float32', unrounded: null })
    expect(readConfig(second.output)).toMatchObject({ torch_dtype: 'float32' })
    expect('dtype' in readConfig(second.output)).toBe(false)
  })

  it('but not in float16 where a weight is too large for it: all of them are named', async () => {
    const { folder } = testRun()
    const tensor = (name: string, data: Float32Array) => ({ name, dtype: 'F32' as const, shape: [2], data })
    const values = [
      tensor('a', Float32Array.of(1, -65_520)),
      tensor('b', Float32Array.of(65_519, 1)),
      tensor('c', Float32Array.of(1e6, 1)),
    ]
    await writeSafetensors(join(folder, 'model.safetensors'), values)
    const { details, hint } = await rejectionOf(roundModel(folder, join(folder, 'out'), 'float16', async () => {}))
    expect(details).toEqual([
      'tensor "a" has -65520 at element 1, float16 ends at 65504',
      'tensor "c" has 1000000 at element 0, float16 ends at 65504',
    ])
    expect(hint).toBe('Write it as bfloat16 or float32.')
  })
})

describe.each<[string, Partial<RunConfigInput>]>([
  ['bf16', { bf16: true }],
  ['dtype: bfloat16', { dtype: 'bfloat16' }],
])('after a run with %s', (_, held) => {
  it.each(['dora', 'lora', 'full'] as const)('%s is merged into the weights as the run held them', async (method) => {
    const run = await tinyRun({ ...BRIEF, ...held, method })
    const { output, report } = await (await trained(run))('merged', null)
    expect(report.proof).toMatchObject({ dtype: 'float32', topOneAgreement: 1 })
    expect(report.proof?.maxAbsDifference).toBeLessThan(1e-4 * (report.proof?.maxAbsLogit as number))
    const merged = contents(output)
    const base = contents(run.config.model_name_or_path)
    const adapted = ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj']
    for (const [name, { values }] of merged) {
      const before = base.get(name)?.values as Float32Array
      const touched = method === 'full' || adapted.some((part) => name.includes(part))
      if (touched) expect(relativeError(values, before), name).toBeGreaterThan(1e-3)
      else expect(sameBits(values, /norm/.test(name) ? before : roundedToBf16(before)), name).toBe(true)
    }
  })
})
