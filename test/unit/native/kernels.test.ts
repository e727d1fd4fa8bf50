import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { linkArguments, objectArguments } from '../../../main/native/compile-kernels.ts'
import { compileJobs, kernelSources, kernelsKey, PER_KIND } from '../../../main/native/kernel-sources.ts'
import { kernelsFile } from '../../../main/native/load-kernels.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const root = resolve(import.meta.dirname, '../../..')
const sources = join(root, 'main/native/kernels')
const build = {
  compiler: 'g++',
  sources: '/s',
  nodeHeaders: '/p/headers',
  installation: '/c/tf',
  platform: 'linux',
  arch: 'x64',
}
const job = { source: 'rows.cc', object: 'rows.cc.avx2.o', flags: ['-O3', '-mavx2'] }

test('the sources are found beside the module', () => {
  expect(kernelSources()?.replace(/[\\/]$/, '')).toBe(sources)
})

test('the sources that use DORA_KIND, and no others, are in the list of those compiled for each kind', () => {
  const using = readdirSync(sources).filter(
    (name) => name.endsWith('.cc') && /namespace DORA_KIND\b/.test(readFileSync(join(sources, name), 'utf8')),
  )
  expect(using.sort()).toEqual([...PER_KIND].sort())
})

describe('what is compiled', () => {
  const kinds = (arch: string, source: string) =>
    compileJobs(sources, arch)
      .filter((one) => one.source === source)
      .map(({ flags }) => flags.find((flag) => flag.startsWith('-DDORA_KIND=')))

  test('for x64 the arithmetic three times, the rest once', () => {
    expect(kinds('x64', 'rows.cc')).toEqual(['-DDORA_KIND=base', '-DDORA_KIND=avx2', '-DDORA_KIND=avx512'])
    expect(kinds('x64', 'addon.cc')).toEqual([undefined])
  })

  test('for arm64 all once, with no instructions of x64', () => {
    expect(kinds('arm64', 'rows.cc')).toEqual(['-DDORA_KIND=base'])
    const flags = compileJobs(sources, 'arm64').flatMap((one) => one.flags)
    expect(flags.filter((flag) => flag.startsWith('-m') || flag === '-DDORA_X64')).toEqual([])
  })

  test('every object has a name of its own', () => {
    const objects = compileJobs(sources, 'x64').map(({ object }) => object)
    expect(new Set(objects).size).toBe(objects.length)
  })

  test('nothing lets the compiler take NaN for impossible', () => {
    const flags = compileJobs(sources, 'x64').flatMap((one) => one.flags)
    expect(flags.filter((flag) => /fast-math|finite-math|Ofast/.test(flag))).toEqual([])
  })
})

describe('arguments', () => {
  test('of a compilation: flags of the kind, headers of Node-API and of the library', () => {
    const text = objectArguments(build, job, '/o').join(' ')
    expect(text).toContain('-O3 -mavx2 -Wno-psabi')
    expect(text).toContain('-I/p/headers -I/c/tf/tensorflow/include -c /s/rows.cc -o /o/rows.cc.avx2.o')
  })

  test('a flag that only GCC knows is kept from clang', () => {
    expect(objectArguments({ ...build, compiler: 'clang++' }, job, '/o')).not.toContain('-Wno-psabi')
  })

  test('of linking on Linux and on macOS', () => {
    const linux = linkArguments(build, ['/o/a.o'], '/l.so', '/o/k.node').join(' ')
    expect(linux).toBe('-shared -o /o/k.node /o/a.o /l.so -Wl,-rpath,$ORIGIN/../../tensorflow')
    const mac = linkArguments({ ...build, platform: 'darwin' }, ['/o/a.o'], '/l.dylib', '/o/k.node').join(' ')
    expect(mac).toContain('-bundle -undefined dynamic_lookup')
    expect(mac).toContain('-Wl,-rpath,@loader_path/../../tensorflow')
  })
})

describe('the key', () => {
  const copy = () => {
    const folder = join(temporaryFolder(), 'kernels')
    cpSync(sources, folder, { recursive: true })
    return folder
  }

  test('is the same for the same sources elsewhere, and part of the name of the file', () => {
    const key = kernelsKey(sources)
    expect(kernelsKey(copy())).toBe(key)
    expect(kernelsFile('/i/lib/napi-v8/tfjs_binding.node', key)).toBe(
      join('/i/lib/napi-v8', `dora_kernels-${key}.node`),
    )
  })

  test.each<[string, (folder: string) => void]>([
    ['a source', (folder) => writeFileSync(join(folder, 'rows.cc'), '// other')],
    ['a header', (folder) => writeFileSync(join(folder, 'vectors.h'), '// other')],
    ['one more source', (folder) => writeFileSync(join(folder, 'zeal.cc'), '')],
  ])('changes with %s', (_, change) => {
    const folder = copy()
    change(folder)
    expect(kernelsKey(folder)).not.toBe(kernelsKey(sources))
  })

  test('changes with what the flags depend on, and not with a description', () => {
    expect(kernelsKey(sources, 'linux', 'arm64')).not.toBe(kernelsKey(sources, 'linux', 'x64'))
    expect(kernelsKey(sources, 'darwin', 'arm64')).not.toBe(kernelsKey(sources, 'linux', 'arm64'))
    const folder = copy()
    writeFileSync(join(folder, 'README.md'), 'other')
    expect(kernelsKey(folder)).toBe(kernelsKey(sources))
  })
})

test('an installed studio has the sources where its bundles look for them', () => {
  const { extraResources } = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')) as {
    extraResources: { from: string; to: string; filter?: string[] }[]
  }
  const shipped = extraResources.find(({ from }) => from === 'main/native/kernels')
  // dist/*.mjs lies in app.asar.unpacked/dist.
  expect(shipped?.to).toBe('app.asar.unpacked/main/native/kernels')
  expect(shipped?.filter).toEqual(['*.cc', '*.h'])
})
