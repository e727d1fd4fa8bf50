import { mkdir, readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fault } from '../../shared/domain/error.ts'
import { type CommandResult, reasonOf, runCommand } from './command.ts'
import { type CompileJob, compileJobs } from './kernel-sources.ts'
import type { Progress } from './progress.ts'

/** A compiler that takes longer for one source hangs. */
const LIMIT_MS = 300_000

export type KernelBuild = {
  readonly compiler: string
  /** Folder of the kernels' sources. */
  readonly sources: string
  /** Folder with the Node-API headers. */
  readonly nodeHeaders: string
  /** Folder of the installation: `tensorflow/` inside holds library and headers. */
  readonly installation: string
  readonly platform: string
  readonly arch: string
}

/** Vectors of 64 bytes are passed within one file only, so that GCC's note on how they are passed is beside the point. */
const quiet = (compiler: string): readonly string[] => (compiler.includes('clang') ? [] : ['-Wno-psabi'])

/** Arguments that compile one source to `folder`. */
export function objectArguments(build: KernelBuild, job: CompileJob, folder: string): readonly string[] {
  const includes = [build.nodeHeaders, join(build.installation, 'tensorflow', 'include')].map((path) => `-I${path}`)
  return [
    ...[...job.flags, ...quiet(build.compiler), '-DNAPI_VERSION=8', ...includes],
    ...['-c', join(build.sources, job.source), '-o', join(folder, job.object)],
  ]
}

/** Arguments that make the addon; it finds the library from a folder inside the installation's `lib`. */
export function linkArguments(
  build: KernelBuild,
  objects: readonly string[],
  library: string,
  output: string,
): readonly string[] {
  const mac = build.platform === 'darwin'
  return [
    ...(mac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-o', output, ...objects, library],
    `-Wl,-rpath,${mac ? '@loader_path' : '$ORIGIN'}/../../tensorflow`,
  ]
}

function expectDone(result: CommandResult, what: string, compiler: string): void {
  if (result.code === 0) return
  throw fault('native', `${what} with ${compiler}: ${reasonOf(result)}`, {
    hint: 'Install a current C++ compiler (g++ 12 or clang 14, or later) and run "npm run setup".',
  })
}

/** Runs `work` for all items, as many at once as there are processors; after a failure nothing more is begun. */
async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const failures: unknown[] = []
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((thrown: unknown) => {
        failures.push(thrown)
        queue.length = 0
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}

async function frameworkIn(installation: string): Promise<string> {
  const folder = join(installation, 'tensorflow')
  const file = (await readdir(folder)).find((name) => name.startsWith('libtensorflow_framework'))
  if (!file) throw fault('native', `${folder}: there is no libtensorflow_framework in it`)
  return join(folder, file)
}

/** Compiles and links the kernels in `folder`, which is made; returns the addon's path. About 25 s of one processor. */
export async function compileKernels(build: KernelBuild, folder: string, progress: Progress): Promise<string> {
  await mkdir(folder, { recursive: true })
  const jobs = compileJobs(build.sources, build.arch)
  let done = 0
  progress('compiling the kernels', 0)
  await sideBySide(jobs, async (job) => {
    const result = await runCommand(build.compiler, objectArguments(build, job, folder), { timeoutMs: LIMIT_MS })
    expectDone(result, `${job.source} does not compile`, build.compiler)
    progress('compiling the kernels', ++done / jobs.length)
  })
  const output = join(folder, 'dora_kernels.node')
  const objects = jobs.map(({ object }) => join(folder, object))
  const linking = linkArguments(build, objects, await frameworkIn(build.installation), output)
  expectDone(
    await runCommand(build.compiler, linking, { timeoutMs: LIMIT_MS }),
    'they cannot be linked',
    build.compiler,
  )
  return output
}
