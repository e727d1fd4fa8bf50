import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A kind of processor that the arithmetic is compiled for; the kernels choose among them as they are loaded. */
type Kind = { readonly name: 'base' | 'avx2' | 'avx512'; readonly flags: readonly string[] }

/** Every processor that libtensorflow itself runs on has what `base` needs. */
const BASE: Kind = { name: 'base', flags: [] }
const X64_KINDS: readonly Kind[] = [
  BASE,
  { name: 'avx2', flags: ['-mavx2', '-mfma'] },
  {
    name: 'avx512',
    flags: ['-mavx512f', '-mavx512vl', '-mavx512dq', '-mavx2', '-mfma', '-mprefer-vector-width=512'],
  },
]

/** Sources that are compiled once for each kind, with DORA_KIND naming it; all others are compiled once. */
export const PER_KIND: readonly string[] = ['add_low_rank.cc', 'attend.cc', 'losses.cc', 'rows.cc']

/** For g++ and clang++ alike. Arithmetic keeps NaN and infinity: a run that diverges must be seen to. */
const COMMON = ['-O3', '-std=c++17', '-fPIC', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast']

/** One run of the compiler: a source and what it is compiled with. */
export type CompileJob = { readonly source: string; readonly object: string; readonly flags: readonly string[] }

/** Beside this file in a checkout; bundles lie in a folder beside `main`, in a checkout and installed alike. */
export function kernelSources(): string | null {
  const folders = ['./kernels', '../main/native/kernels'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  return folders.find((folder) => existsSync(join(folder, 'addon.cc'))) ?? null
}

const sourcesIn = (folder: string): string[] => readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name))

/** What has to be compiled of the sources in `folder` for processors of `arch`, as Node names them. */
export function compileJobs(folder: string, arch: string): readonly CompileJob[] {
  const x64 = arch === 'x64'
  const flags = [...COMMON, ...(x64 ? ['-DDORA_X64'] : [])]
  return sourcesIn(folder)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .flatMap((source) => {
      if (!PER_KIND.includes(source)) return [{ source, object: `${source}.o`, flags }]
      return (x64 ? X64_KINDS : [BASE]).map((kind) => ({
        source,
        object: `${source}.${kind.name}.o`,
        flags: [...flags, ...kind.flags, `-DDORA_KIND=${kind.name}`],
      }))
    })
}

/** Stands for the sources' names and contents and for the flags: what was built under another key is of no use. */
export function kernelsKey(folder: string, platform: string = process.platform, arch: string = process.arch): string {
  const hash = createHash('sha256').update(JSON.stringify([platform, compileJobs(folder, arch)]))
  for (const name of sourcesIn(folder).sort()) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 16)
}
