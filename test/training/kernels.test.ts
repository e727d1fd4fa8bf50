import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNativeState } from '../../main/native/state.ts'
import { temporaryFolder } from '../temporary-folder.ts'

type Outcome = { readonly kernels: readonly string[]; readonly losses: readonly number[] }

/** A short run in a process of its own, with `setting` for DORA_STUDIO_KERNELS. */
function run(setting: string | undefined): Outcome {
  const { DORA_STUDIO_KERNELS: _, ...env } = process.env
  const out = execFileSync(process.execPath, [join(import.meta.dirname, 'kernels-run.ts'), temporaryFolder()], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...env, ...(setting !== undefined && { DORA_STUDIO_KERNELS: setting }) },
  })
  return JSON.parse(out.trim().split('\n').at(-1) ?? '')
}

const state = readNativeState()

test.runIf(state?.backend === 'tensorflow')(
  'DORA_STUDIO_KERNELS=0 trains without the kernels, to the same losses',
  () => {
    const [without, own] = [run('0'), run(undefined)]
    expect(without.kernels).toEqual([])
    // Where the set-up says that there are kernels, engines have them.
    expect(own.kernels.length > 0).toBe(state?.kernels === undefined)
    expect(own.losses.length).toBeGreaterThanOrEqual(4)
    expect(own.losses.length).toBe(without.losses.length)
    for (const [i, loss] of own.losses.entries())
      expect(Math.abs(loss - (without.losses[i] as number)), `loss ${i}`).toBeLessThan(1e-4)
  },
)
