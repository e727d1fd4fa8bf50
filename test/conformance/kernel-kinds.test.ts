import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

type Outcome = { readonly worst: number; readonly digest: string }

/** What this processor can run of the kernels' kinds, by the flags that Linux shows (glue.h asks the processor itself). */
function kindsHere(): string[] {
  const flags = /flags\s*:(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(' ') ?? []
  const has = (...names: string[]) => names.every((name) => flags.includes(name))
  return [
    'base',
    ...(has('avx2', 'fma') ? ['avx2'] : []),
    ...(has('avx512f', 'avx512vl', 'avx512dq') ? ['avx512'] : []),
  ]
}

function computed(kind: string): Outcome {
  const env = { ...process.env, DORA_STUDIO_KERNEL_KIND: kind }
  const script = join(import.meta.dirname, 'kinds-run.ts')
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${kind}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Outcome
}

// Each compiler rounds in its own places, so that the digests tell that another kind has run.
it.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'every kind of kernels that this processor can run gives what float64 gives',
  () => {
    const outcomes = kindsHere().map((kind) => [kind, computed(kind)] as const)
    for (const [kind, { worst }] of outcomes) expect(worst, kind).toBeLessThan(1e-5)
    const own = computed('')
    expect(own.digest).toBe(outcomes.at(-1)?.[1].digest)
    if (outcomes.length > 1) expect(new Set(outcomes.slice(0, 2).map(([, { digest }]) => digest)).size).toBe(2)
  },
  120_000,
)
