import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linkInstallation } from '../../../main/native/install.ts'
import { cudaEnvironment } from '../../../main/native/state.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

function installation(name: string): string {
  const folder = join(temporaryFolder(), name)
  mkdirSync(join(folder, 'lib'), { recursive: true })
  writeFileSync(join(folder, 'lib', 'name'), name)
  return folder
}

test('the package gets a link to the installation, in place of a folder or of an older link', async () => {
  const packageFolder = installation('package')
  for (const name of ['first', 'second']) {
    await linkInstallation(packageFolder, installation(name))
    expect(readFileSync(join(packageFolder, 'lib', 'name'), 'utf8')).toBe(name)
  }
  expect(lstatSync(join(packageFolder, 'lib')).isSymbolicLink()).toBe(true)
})

test('an installation without CUDA changes nothing in the environment', async () => {
  expect(await cudaEnvironment(installation('cpu'))).toEqual({})
})

test("an installation with CUDA names NVIDIA's libraries and XLA's device code", async () => {
  const folder = installation('cuda')
  for (const name of ['cublas', 'cudnn']) mkdirSync(join(folder, 'nvidia', name, 'lib'), { recursive: true })
  mkdirSync(join(folder, 'nvidia', 'cuda_nvcc', 'bin'), { recursive: true })
  const env = await cudaEnvironment(folder)
  const paths = env.LD_LIBRARY_PATH?.split(':') ?? []
  expect(paths.slice(0, 2)).toEqual(['cublas', 'cudnn'].map((name) => join(folder, 'nvidia', name, 'lib')))
  expect(env.XLA_FLAGS).toContain(`--xla_gpu_cuda_data_dir=${join(folder, 'nvidia', 'cuda_nvcc')}`)
})
