import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../../shared/domain/error.ts'
import { reasonOf, runCommand } from './command.ts'
import { ADDON_FOLDER } from './pins.ts'

export type CompileInput = {
  /** Folder of @tensorflow/tfjs-node-gpu, whose `binding` folder holds the sources. */
  readonly packageFolder: string
  /** Folder with the Node-API headers. */
  readonly nodeHeaders: string
  /** Folder of the installation: `tensorflow/` inside holds library and headers. */
  readonly installation: string
  /** File names of the libraries in `tensorflow/`. */
  readonly libraries: readonly string[]
  readonly sources: readonly string[]
  readonly platform: string
  readonly output: string
}

/** Arguments for g++ and clang++ alike. The addon finds the library beside itself, so the folder may move. */
export function compileArguments(input: CompileInput): readonly string[] {
  const mac = input.platform === 'darwin'
  const origin = mac ? '@loader_path' : '$ORIGIN'
  const library = join(input.installation, 'tensorflow')
  return [
    ...['-O2', '-fPIC', '-std=c++17', ...(mac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'])],
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    ...[input.nodeHeaders, join(library, 'include'), input.packageFolder, join(input.packageFolder, '..')].map(
      (folder) => `-I${folder}`,
    ),
    ...input.sources,
    ...['-o', input.output, ...input.libraries.map((file) => join(library, file))],
    `-Wl,-rpath,${origin}/../../tensorflow`,
  ]
}

/** Builds `lib/napi-v8/tfjs_binding.node` inside the installation; about 12 s. Complete or absent, never half-written. */
export async function compileAddon(
  compiler: string,
  folders: Omit<CompileInput, 'libraries' | 'sources' | 'platform' | 'output'>,
): Promise<void> {
  const target = join(folders.installation, 'lib', ADDON_FOLDER)
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  const binding = join(folders.packageFolder, 'binding')
  const sources = (await readdir(binding)).filter((name) => name.endsWith('.cc')).map((name) => join(binding, name))
  if (sources.length === 0) throw fault('native', `${binding}: the sources of the TensorFlow addon are missing`)
  const libraries = (await readdir(join(folders.installation, 'tensorflow'))).filter((name) =>
    name.startsWith('libtensorflow_'),
  )
  const output = join(target, `tfjs_binding.${process.pid}.partial`)
  const result = await runCommand(
    compiler,
    compileArguments({ ...folders, sources, libraries, platform: process.platform, output }),
  )
  if (result.code !== 0) {
    await rm(output, { force: true })
    throw fault('native', `The TensorFlow addon does not compile with ${compiler}: ${reasonOf(result)}`, {
      hint: 'Install a current C++ compiler (g++ 9 or clang 10, or later) and run "npm run setup".',
    })
  }
  await rename(output, join(target, 'tfjs_binding.node'))
}
