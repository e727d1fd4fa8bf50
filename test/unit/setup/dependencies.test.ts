import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const read = <T>(name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as T

type Locked = {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly license?: string
  readonly dev?: true
  readonly hasInstallScript?: true
  readonly deprecated?: string
}
const packages = Object.entries(read<{ packages: Record<string, Locked> }>('package-lock.json').packages).filter(
  ([path]) => path !== '',
)
const pathsWhere = (test: (one: Locked) => unknown) => packages.flatMap(([path, one]) => (test(one) ? [path] : []))

/** Licences under which a package may be shipped with ours; tools for building may have others. */
const SHIPPED = ['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'WTFPL', 'CC0-1.0']
const partsOf = (license = 'none') => license.replaceAll(/[()]/g, '').split(/ (?:AND|OR) /)

/** Those that would run a program when they are installed; .npmrc forbids it, and none of them needs it. */
const WITH_SCRIPTS = [
  '@tensorflow/tfjs-node-gpu',
  'better-sqlite3',
  'core-js',
  'electron',
  'electron-winstaller',
  'esbuild',
]

test('every package is pinned by its content and comes from a registry', () => {
  expect(packages.length).toBeGreaterThan(100)
  expect(pathsWhere(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([])
  expect(pathsWhere(({ resolved }) => resolved !== undefined)).toEqual([])
  const { dependencies, devDependencies } =
    read<Record<'dependencies' | 'devDependencies', Record<string, string>>>('package.json')
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, range]) => !/^\d+\.\d+\.\d+$/.test(range),
  )
  expect(loose).toEqual([])
})

test('nothing new runs a program at installation', () => {
  expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  expect(pathsWhere((one) => one.hasInstallScript).map((path) => path.replace('node_modules/', ''))).toEqual(
    WITH_SCRIPTS,
  )
})

test('what is shipped may be shipped, and nothing is abandoned', () => {
  expect(pathsWhere(({ dev, license }) => !dev && !partsOf(license).every((part) => SHIPPED.includes(part)))).toEqual(
    [],
  )
  expect(pathsWhere(({ deprecated }) => deprecated)).toEqual([])
})
