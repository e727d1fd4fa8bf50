import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { exportRun, mergeAdapter } from '../../main/engine/export/export.ts'
import { openGguf } from '../../main/engine/formats/gguf/read-gguf.ts'
import type { ExportReport } from '../../shared/domain/export.ts'
import type { EngineReport } from '../../shared/engine-protocol.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { only, train, undisturbed } from './run-harness.ts'
import { testRun } from './test-run.ts'
import { tinyModel } from './tiny-model.ts'

const backend = await tensorflowBackend()
type Gguf = ReturnType<typeof openGguf>

const SHORT = { max_steps: 3, save_steps: 0, eval_steps: 0, learning_rate: 1e-2, max_seq_length: 256 } as const
const TEMPLATE =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'

/** An adapter of a run, as PEFT reads it: from here on one like any other. The GGUF of that run is what it is held against. */
async function trained() {
  const { config: run, folder, runFolder } = testRun({ ...SHORT, method: 'dora' })
  const at = (name: string) => join(folder, name)
  const [base, adapter] = [at('model'), at('adapter')]
  await tinyModel(base, 'llama', undefined, { vocab_size: 6144 })
  const config = { ...run, model_name_or_path: base }
  const checkpoint = only(await train(backend, config, runFolder), 'checkpoint').at(-1)?.folder as string
  await exportRun(backend, { config, checkpoint, kind: 'adapter', output: adapter }, undisturbed())
  const merge = async (order: Pick<Parameters<typeof mergeAdapter>[1], 'output' | 'kind' | 'dtype'>) => {
    const reports: EngineReport[] = []
    const control = undisturbed((message) => reports.push(message))
    await mergeAdapter(backend, { base, adapter, ...order }, control)
    return only(reports, 'exported')[0]?.report as ExportReport
  }
  return { at, base, adapter, config, checkpoint, merge }
}

describe('an adapter from elsewhere as GGUF', () => {
  const fileIn = (output: string) =>
    join(output, readdirSync(output).find((name) => name.endsWith('.gguf')) ?? 'no GGUF')

  it('holds the weights of the export of its run, proved, and hands texts on as they are', async () => {
    const { at, config, checkpoint, merge } = await trained()
    const [output, expected] = [at('merged'), at('expected')]
    await exportRun(backend, { config, checkpoint, kind: 'gguf', output: expected, dtype: 'q8_0' }, undisturbed())
    const { proof, notes } = await merge({ output, kind: 'gguf', dtype: 'q8_0' })
    expect(proof).toMatchObject({ prompts: 8, dtype: 'q8_0' })
    expect(proof?.unrounded).toBeLessThan(1e-4 * (proof?.maxAbsLogit as number))
    expect(notes.join()).toContain('does not tell how the prompts')
    const [ours, theirs] = [fileIn(output), fileIn(expected)].map(openGguf) as [Gguf, Gguf]
    expect([...ours.tensors.keys()]).toEqual([...theirs.tensors.keys()])
    expect(ours.tensors.size).toBeGreaterThanOrEqual(20)
    for (const name of theirs.tensors.keys()) expect(ours.readFloat32(name), name).toEqual(theirs.readFloat32(name))
    for (const one of [ours, theirs]) one.close()
    expect(readFileSync(join(output, 'Modelfile'), 'utf8')).toContain('{{ .Prompt }}{{ .Response }}')
  })

  it('is asked through the chat template of its base, where that has one', async () => {
    const { at, base, merge } = await trained()
    writeFileSync(join(base, 'chat_template.jinja'), TEMPLATE)
    const output = at('chat')
    const { proof } = await merge({ output, kind: 'gguf', dtype: null })
    expect(proof).toMatchObject({ dtype: 'float32' })
    expect(readFileSync(join(output, 'Modelfile'), 'utf8')).toContain('<|im_start|>')
  })

  it('is asked through the chat template that lies beside it, as other trainers leave it there', async () => {
    const { at, base, adapter, merge } = await trained()
    writeFileSync(join(base, 'chat_template.jinja'), TEMPLATE)
    const own = TEMPLATE.replaceAll('im_start', 'own_start')
    writeFileSync(join(adapter, 'tokenizer_config.json'), JSON.stringify({ chat_template: own }))
    const output = at('chat')
    const { notes } = await merge({ output, kind: 'gguf', dtype: null })
    expect(notes.join()).toContain('beside the adapter')
    expect(notes.join()).not.toContain('does not tell')
    expect(readFileSync(join(output, 'Modelfile'), 'utf8')).toContain('<|own_start|>')
    const gguf = openGguf(fileIn(output))
    expect(gguf.metadata.get('tokenizer.chat_template')).toMatchObject({ value: own })
    gguf.close()
  })

  it('is refused in a dtype of GGUF alone where a model is to be written', async () => {
    const { at, merge } = await trained()
    const output = at('refused')
    expect((await rejectionOf(merge({ output, dtype: 'q8_0' }))).message).toContain('q8_0 is for GGUF files')
    expect(existsSync(output)).toBe(false)
  })
})
