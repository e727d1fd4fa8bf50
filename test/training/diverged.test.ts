import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import type { Backend, Executable } from '../../main/engine/ir/executable.ts'
import type { Program } from '../../main/engine/ir/graph.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { train } from './run-harness.ts'
import { tinyRun } from './test-run.ts'

const SETTINGS = { max_steps: 12, save_steps: 4, eval_steps: 0, trajectory_steps: 4 }

/** Multiplies a tensor of a model, so that it is finite and its products are not. */
async function inflate(folder: string, name: string, factor: number): Promise<void> {
  const path = join(folder, 'model.safetensors')
  const file = openSafetensors(path)
  const tensors = [...file.tensors].map(([key, { shape }]) => {
    const data = file.readFloat32(key)
    return { name: key, dtype: 'F32' as const, shape, data: key === name ? data.map((value) => value * factor) : data }
  })
  file.close()
  await writeSafetensors(path, tensors)
}

/** A backend that puts an infinity into a variable before step `at`, and before a probe: a run that grew beyond bounds. */
function striking(backend: Backend, variable: RegExp, at: number, step: RegExp): Backend {
  const struck = (program: Program, executable: Executable): Executable => {
    const names = program.variables.map(({ name }) => name)
    let steps = 0
    const strike = async () => {
      const values = [...executable.read(names)].map(([name, value]) => [name, value.slice()] as const)
      const target = values.find(([name]) => variable.test(name))
      if (target) target[1][0] = Number.POSITIVE_INFINITY
      await executable.write(values)
    }
    return {
      ...executable,
      run: async (signature, inputs) => {
        if (step.test(signature)) steps++
        if ((step.test(signature) && steps === at) || signature.includes('probe:')) await strike()
        return executable.run(signature, inputs)
      },
    }
  }
  return { ...backend, compile: async (program) => struck(program, await backend.compile(program)) }
}

test('a base model whose products overflow stops the run at once and names the module', async () => {
  const { config, runFolder } = await tinyRun(SETTINGS)
  await inflate(config.model_name_or_path, 'model.layers.1.mlp.up_proj.weight', 1e38)
  const data = await rejectionOf(train(await tensorflowBackend(), config, runFolder))
  expect(data).toMatchObject({
    code: 'diverged',
    details: ['First not finite: the output of model.layers.1.mlp.up_proj'],
  })
  expect(data.message).toMatch(/at step 1\. It began in the output of model\.layers\.1\.mlp\.up_proj\.$/)
  expect(data.hint).toContain('the numbers of the base model are at fault')
})

test.each([1, 2])(
  'a run struck in a module is repeated from its checkpoint and names it, %i batches a step',
  async (micros) => {
    const { config, runFolder } = await tinyRun({
      ...SETTINGS,
      target_modules: ['v_proj', 'down_proj'],
      layers_to_transform: [1],
      method: 'lora',
      gradient_accumulation_steps: micros,
    })
    // The first batch of step 7.
    const backend = striking(await tensorflowBackend(), /lora_B/, 6 * micros + 1, /^(step|micro):/)
    const data = await rejectionOf(train(backend, config, runFolder))
    expect(data.message).toMatch(/became NaN at step 7\. It began in the output of model\.layers\.1\.\S+_proj\.$/)
    expect(data.hint).toContain(`adapter_name_or_path: ${join(runFolder, 'checkpoint-4')}`)
  },
)

test.each(['validation', 'test'] as const)(
  'a %s loss that is no number stops the run and names the module, like a training loss',
  async (split) => {
    const { config: plain, runFolder } = await tinyRun({
      ...SETTINGS,
      eval_steps: 6,
      target_modules: ['v_proj', 'down_proj'],
      layers_to_transform: [1],
      method: 'lora',
    })
    const config = split === 'test' ? { ...plain, validation_file: null, test_file: plain.validation_file } : plain
    // The first evaluation: of validation after step 6, of the test set at the end.
    const backend = striking(await tensorflowBackend(), /lora_B/, 1, /^eval:/)
    const data = await rejectionOf(train(backend, config, runFolder))
    const step = split === 'validation' ? 6 : 12
    expect(data.code).toBe('diverged')
    expect(data.message).toMatch(
      new RegExp(
        `^The ${split} loss became NaN at step ${step}\\. It began in the output of model\\.layers\\.1\\.\\S+_proj\\.$`,
      ),
    )
    expect(data.hint).toContain(`adapter_name_or_path: ${join(runFolder, `checkpoint-${step === 6 ? 4 : 8}`)}`)
  },
)
