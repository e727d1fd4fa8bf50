import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Who may import what. The entry with the longest matching path rules; a name ending in `/` is a folder, `x/*` a family of
 * packages, `node:*` Node itself, `type x` a type import (erased before anything runs). A folder may import itself.
 */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'shared/': ['zod'],

  'main/native/': ['shared/', 'node:*', '@tensorflow/*', 'zod'],
  // How files outlive a power cut: the same for the engine's folders and the host's.
  'main/durable.ts': ['node:*'],
  'main/process-exists.ts': [],
  'main/setup/': ['main/native/', 'shared/', 'node:*', 'esbuild', 'vite'],

  // ir <- ops <- models, adapters <- train, export <- process.ts
  // An op states its tfjs lowering beside its gradient, so it knows the types of tfjs, never its code.
  'main/engine/ir/': ['shared/', 'type @tensorflow/tfjs-core'],
  'main/engine/ops/': ['main/engine/ir/', 'main/engine/bfloat16.ts', 'shared/', 'type @tensorflow/tfjs-core'],
  'main/engine/random.ts': [],
  'main/engine/bfloat16.ts': [],
  'main/engine/fed-arrays.ts': [],
  'main/engine/models/': ['main/engine/ir/', 'main/engine/ops/', 'main/engine/formats/', 'shared/', 'zod'],
  'main/engine/adapters/': [
    'main/engine/ir/',
    'main/engine/ops/',
    'main/engine/formats/',
    'main/engine/random.ts',
    'type main/engine/models/',
    'shared/',
  ],
  'main/engine/backends/': [
    'main/engine/ir/',
    'main/engine/ops/',
    'main/engine/bfloat16.ts',
    'main/engine/fed-arrays.ts',
    'main/process-exists.ts',
    'main/native/',
    'shared/',
    'node:*',
    '@tensorflow/*',
  ],
  'main/engine/formats/': [
    'main/engine/bfloat16.ts',
    'main/engine/fed-arrays.ts',
    'main/durable.ts',
    'main/process-exists.ts',
    'shared/',
    'node:*',
    'zod',
  ],
  'main/engine/data/': ['main/engine/formats/', 'main/engine/random.ts', 'shared/', 'node:*', '@huggingface/*', 'zod'],
  // The only place that knows how tables and Parquet are read.
  'main/engine/data/files/': [
    'main/engine/formats/',
    'shared/',
    'node:*',
    'csv-parse',
    'hyparquet',
    'hyparquet-compressors',
  ],
  'main/engine/train/': [
    'main/engine/ir/',
    'main/engine/ops/',
    'main/engine/models/',
    'main/engine/adapters/',
    'main/engine/data/',
    'main/engine/formats/',
    'main/engine/bfloat16.ts',
    'main/engine/random.ts',
    'shared/',
    'node:*',
    'zod',
  ],
  'main/engine/export/': [
    'main/engine/ir/',
    'main/engine/ops/',
    'main/engine/models/',
    'main/engine/adapters/',
    'main/engine/data/',
    'main/engine/formats/',
    'main/engine/random.ts',
    'main/engine/train/',
    'shared/',
    'node:*',
    'zod',
  ],
  'main/engine/': ['main/engine/', 'main/native/', 'shared/', 'node:*'],

  'main/host/store/database.ts': ['main/host/', 'shared/', 'node:*', 'better-sqlite3'],
  'main/host/front/': ['main/host/', 'shared/', 'node:*', 'ws', 'zod'],
  'main/host/': [
    'main/host/',
    'main/durable.ts',
    'main/process-exists.ts',
    'main/native/lean-heap.ts',
    'main/native/paths.ts',
    'main/native/state.ts',
    'main/native/library-noise.ts',
    'shared/',
    'node:*',
    'yaml',
    'zod',
  ],
  'main/cli/': ['main/host/', 'shared/', 'node:*', 'commander', 'cli-progress', 'yaml'],

  // Raw channels in one file each; the script between window and page knows the channels' names and nothing of Node.
  'main/preload.ts': ['shared/bridge.ts', 'electron'],
  'main/electron/': ['main/native/paths.ts', 'shared/', 'node:*', 'electron', 'type zod'],

  'renderer/charts/': ['renderer/', 'shared/', 'react', 'react-dom/*', '@mantine/*', '@tanstack/*', 'recharts'],
  'renderer/vite.config.ts': ['vite', '@vitejs/*'],
  'renderer/': ['renderer/', 'shared/', 'react', 'react-dom/*', '@mantine/*', '@tanstack/*', 'zod'],
}

const root = resolve(import.meta.dirname, '..')
const SPECIFIER =
  /(?:^|[\n;])\s*(?:import|export)\b(\s+type\b)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|[\n;])\s*import\s*['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/** `name`: a path from the root for our own files, else the package. */
type Import = { readonly name: string; readonly typeOnly: boolean }

/** What a file imports; comments do not count. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...text.matchAll(SPECIFIER)].map((match) => {
    const name = match[2] ?? match[3] ?? match[4] ?? ''
    const ours = name.startsWith('.')
    return {
      name: ours ? relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/') : name,
      typeOnly: match[1] !== undefined,
    }
  })
}

function matches(entry: string, imported: string): boolean {
  if (entry.endsWith('/*')) return imported === entry.slice(0, -2) || imported.startsWith(entry.slice(0, -1))
  if (entry.endsWith('*')) return imported.startsWith(entry.slice(0, -1))
  return entry.endsWith('/') ? imported.startsWith(entry) : imported === entry
}

function isAllowed(entry: string, { name, typeOnly }: Import): boolean {
  return entry.startsWith('type ') ? typeOnly && matches(entry.slice(5), name) : matches(entry, name)
}

/** The ruling entry of the table and what it allows, its own folder included. */
function ruleFor(file: string): readonly string[] | null {
  const keys = Object.keys(TABLE).filter((key) => matches(key, file))
  const ruling = keys.sort((a, b) => b.length - a.length)[0]
  if (ruling === undefined) return null
  const own = ruling === 'main/engine/' || !ruling.endsWith('/') ? [] : [ruling]
  return [...own, ...(TABLE[ruling] ?? [])]
}

const files = ['shared', 'main', 'renderer'].flatMap(sourceFiles)
const graph = new Map(files.map((file) => [file, importsOf(file)]))

/** Each cycle once, as `a -> b -> a`, found by depth-first search. Type imports are gone at run time and do not count. */
function cycles(): string[] {
  const found = new Set<string>()
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.add([...path.slice(start), file].join(' -> '))
    if (start >= 0 || done.has(file)) return
    for (const { name, typeOnly } of graph.get(file) ?? []) {
      if (!typeOnly && graph.has(name)) visit(name, [...path, file])
    }
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return [...found]
}

test('the files of every layer are found and read', () => {
  for (const folder of ['shared/', 'main/native/', 'main/engine/', 'main/host/', 'main/cli/', 'renderer/']) {
    expect(
      files.some((file) => file.startsWith(folder)),
      folder,
    ).toBe(true)
  }
  expect(importsOf('main/native/state.ts')).toContainEqual({ name: 'main/native/pins.ts', typeOnly: false })
  expect(importsOf('main/setup/build.ts')).toContainEqual({ name: 'esbuild', typeOnly: false })
  expect(importsOf('main/setup/build.ts')).toContainEqual({ name: 'main/native/progress.ts', typeOnly: true })
})

test('every source file is ruled by the table', () => {
  expect(files.filter((file) => ruleFor(file) === null)).toEqual([])
})

test('a file imports only what the table allows its folder', () => {
  const violations = files.flatMap((file) => {
    const rule = ruleFor(file) ?? []
    return (graph.get(file) ?? [])
      .filter((imported) => !rule.some((entry) => isAllowed(entry, imported)))
      .map(({ name }) => `${file} imports ${name}`)
  })
  expect(violations).toEqual([])
})

test('what a file imports of ours exists', () => {
  const known = new Set(files)
  const missing = files.flatMap((file) =>
    (graph.get(file) ?? [])
      .filter(({ name }) => /^(shared|main|renderer)\/.*\.(ts|tsx|mjs)$/.test(name) && !known.has(name))
      .map(({ name }) => `${file} imports ${name}`),
  )
  expect(missing).toEqual([])
})

test('no files import each other in a circle', () => {
  expect(cycles()).toEqual([])
})
