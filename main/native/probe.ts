import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { fault } from '../../shared/domain/error.ts'
import { reasonOf, runCommand } from './command.ts'
import { addonEnvironment, cudaEnvironment } from './state.ts'

const probeSchema = z.object({ version: z.string(), gpu: z.boolean() })
/** Version of the libtensorflow that was loaded, and whether it computes on a GPU. */
export type Probe = z.infer<typeof probeSchema>

/** The source while setting up a checkout; an installed studio has the bundle beside this one. */
function probeEntry(): string {
  const source = fileURLToPath(new URL('./probe-process.ts', import.meta.url))
  return existsSync(source) ? source : fileURLToPath(new URL('./native-probe.mjs', import.meta.url))
}

async function probe(installation: string, kernels: readonly string[], complaint: string): Promise<Probe> {
  const args = [...process.execArgv, probeEntry(), ...kernels]
  const env = { ...process.env, ...addonEnvironment(), ...(await cudaEnvironment(installation)) }
  const result = await runCommand(process.execPath, args, { env, timeoutMs: 120_000 })
  const line = result.output.split('\n').find((text) => text.startsWith('{"version"'))
  if (result.code !== 0 || !line) throw fault('native', `${complaint}: ${reasonOf(result)}`)
  return probeSchema.parse(JSON.parse(line))
}

/** Loads the addon in a process of its own: a library that crashes must not take the set-up with it. */
export const probeAddon = (installation: string): Promise<Probe> => probe(installation, [], 'the library does not load')

/** Has the kernels in `file` compute in a process of its own, beside the library of this machine. */
export const probeKernels = (file: string, installation: string): Promise<Probe> =>
  probe(installation, [file], 'they were compiled, but do not work')
