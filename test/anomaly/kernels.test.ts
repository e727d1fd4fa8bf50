import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kernelsKey } from '../../main/native/kernel-sources.ts'
import { ensureKernels } from '../../main/native/kernels.ts'
import { detectTools, type Tools } from '../../main/native/machine.ts'
import { addonFile, installationOf, nativeFolder } from '../../main/native/state.ts'
import { temporaryFolder } from '../temporary-folder.ts'

// What can go wrong with the kernels, caused for real: compilers that fail, addons that crash. Nothing may come of it but a note.

const root = resolve(import.meta.dirname, '../..')
const own = join(root, 'main/native/kernels')
const addon = addonFile(nativeFolder() ?? '')
const real = existsSync(addon) ? installationOf(addon) : ''
const tools = await detectTools()
/** The wheel's library has its headers beside it; kernels are for no other. */
const compiles = existsSync(join(real, 'tensorflow/include')) && tools.compiler !== null

/** An installation whose library and addon are this machine's, and whose kernels are its own. */
function installation(folder = join(temporaryFolder(), 'tensorflow')): string {
  mkdirSync(join(folder, 'lib/napi-v8'), { recursive: true })
  symlinkSync(join(real, 'tensorflow'), join(folder, 'tensorflow'))
  cpSync(realpathSync(addon), addonFile(folder))
  return folder
}

/** Folder with one source: the addon, compiled in a moment. */
function sourcesWith(text: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'addon.cc'), text)
  return folder
}

const found = (folder: string): string[] =>
  readdirSync(join(folder, 'lib'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'tfjs_binding.node')
    .map(({ name }) => name)

function request(folder: string, sources: string, having: Tools = tools) {
  let asked = 0
  const count = async () => {
    asked++
    return having
  }
  const whole = { installation: folder, library: 'TensorFlow wheel', sources, progress: () => {}, retry: false }
  return { request: { ...whole, tools: count }, asked: () => asked }
}

const ADDON = '#include "node_api.h"\n'
/** What is wrong, the only source, and what the note says. */
const BROKEN: readonly [string, string, RegExp][] = [
  ['does not compile', 'int broken( {\n', /^addon\.cc does not compile with .*: .*error/],
  [
    'crashes as it is loaded',
    `${ADDON}#include <cstdlib>\nNAPI_MODULE_INIT() { std::abort(); return exports; }\n`,
    /^they were compiled, but do not work: .*SIGABRT/s,
  ],
  [
    'uses instructions that the processor does not have',
    `${ADDON}NAPI_MODULE_INIT() { __builtin_trap(); return exports; }\n`,
    /^they were compiled, but do not work: .*SIG(ILL|TRAP)/s,
  ],
  [
    'is another addon',
    `${ADDON}NAPI_MODULE_INIT() { return exports; }\n`,
    /wanted the kernels' addon, got another one/,
  ],
]

describe.runIf(compiles)('kernels that cannot be had', () => {
  test.each(BROKEN)('%s: a note, and nothing is left that an engine would load', async (_, text, says) => {
    const folder = installation()
    const first = request(folder, sourcesWith(text))
    const absence = await ensureKernels(first.request, undefined)
    expect(absence?.note).toMatch(says)
    expect(found(folder)).toEqual([])
    expect(first.asked()).toBe(1)
  })

  test('a failure is remembered for these sources, until it is asked for again', async () => {
    const folder = installation()
    const [, text] = BROKEN[0] as (typeof BROKEN)[number]
    const sources = sourcesWith(text)
    const { request: wanted, asked } = request(folder, sources)
    const absence = await ensureKernels(wanted, undefined)
    expect(await ensureKernels(wanted, absence ?? undefined)).toBe(absence)
    expect(asked()).toBe(1)
    await ensureKernels({ ...wanted, retry: true }, absence ?? undefined)
    expect(asked()).toBe(2)
    writeFileSync(join(sources, 'addon.cc'), `${text}// changed`)
    await ensureKernels(wanted, absence ?? undefined)
    expect(asked()).toBe(3)
  })

  test('without a compiler the note says what to install', async () => {
    const none = request(installation(), own, { python: null, compiler: null })
    const absence = await ensureKernels(none.request, undefined)
    expect(absence).toMatchObject({
      note: expect.stringContaining('C++ compiler'),
      cure: expect.stringContaining('g++'),
    })
  })

  test('beside a library without headers there is nothing to cure', async () => {
    const folder = installation()
    rmSync(join(folder, 'tensorflow'))
    const official = request(folder, own)
    const absence = await ensureKernels({ ...official.request, library: 'official prebuilt library' }, undefined)
    expect(absence).toMatchObject({ note: expect.stringMatching(/^the official prebuilt library/), cure: '' })
    expect(official.asked()).toBe(0)
  })

  test('what is there for these sources is taken as it is, without asking for tools', async () => {
    const folder = installation()
    writeFileSync(join(folder, 'lib/napi-v8', `dora_kernels-${kernelsKey(own)}.node`), 'proved before')
    const there = request(folder, own)
    expect(await ensureKernels(there.request, undefined)).toBeNull()
    expect(there.asked()).toBe(0)
  })

  test('what has gone bad since is removed and made anew when the set-up is asked to look again', async () => {
    const folder = installation()
    writeFileSync(join(folder, 'lib/napi-v8', `dora_kernels-${kernelsKey(own)}.node`), 'no addon')
    const again = request(folder, own, { python: null, compiler: null })
    const absence = await ensureKernels({ ...again.request, retry: true }, undefined)
    expect(absence?.note).toContain('C++ compiler')
    expect(found(folder)).toEqual([])
  })
})

test.runIf(compiles)('an engine does without kernels that have gone bad since, and says so', () => {
  const folder = installation()
  writeFileSync(join(folder, 'lib/napi-v8', `dora_kernels-${kernelsKey(own)}.node`), 'no addon')
  const run = spawnSync(process.execPath, [join(root, 'test/training/kernels-run.ts'), temporaryFolder()], {
    env: { ...process.env, DORA_STUDIO_ADDON: addonFile(folder) },
    encoding: 'utf8',
  })
  expect(run.stderr).toContain("Without the studio's own kernels, which do not load")
  const { kernels, losses } = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')
  expect(kernels).toEqual([])
  expect(losses.length).toBeGreaterThanOrEqual(4)
})

/** A copy of what the set-up runs from, with a fault in one source, and an empty cache but for the library. */
function brokenCheckout() {
  const folder = temporaryFolder()
  for (const part of ['shared', 'main/native', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'))
  const source = join(folder, 'main/native/kernels/addon.cc')
  writeFileSync(source, `${readFileSync(source, 'utf8')}\nint broken( {\n`)
  const cache = join(folder, 'cache')
  installation(join(cache, 'tensorflow', real.split('/').at(-1) ?? ''))
  const env = { ...process.env, DORA_STUDIO_CACHE: cache, DORA_STUDIO_RESOURCES: folder }
  const node = (args: readonly string[], more: object = {}) =>
    spawnSync(process.execPath, args, { cwd: folder, env: { ...env, ...more }, encoding: 'utf8' })
  return { folder, cache, node }
}

test.runIf(compiles)('a source that does not compile leaves a set-up that works, and the Doctor says why', () => {
  const { folder, cache, node } = brokenCheckout()
  const setup = node([join(folder, 'main/native/setup-process.ts')])
  expect(setup).toMatchObject({ status: 0 })
  expect(setup.stderr).toContain('addon.cc does not compile')
  const settled = readdirSync(cache).find((name) => name.startsWith('native-')) ?? ''
  const state = JSON.parse(readFileSync(join(cache, settled, 'dora-native.json'), 'utf8'))
  expect(state).toMatchObject({ backend: 'tensorflow', kernels: { note: expect.stringContaining('addon.cc') } })
  const doctor = node([join(folder, 'main/native/doctor-process.ts'), '--json'], {
    DORA_STUDIO_ADDON: addonFile(join(cache, settled)),
  })
  const report = JSON.parse(doctor.stdout.trim().split('\n').at(-1) ?? '')
  expect(report.backend).toBe('tensorflow')
  const line = report.checks.find(({ id }: { id: string }) => id === 'kernels')
  expect(line).toMatchObject({ status: 'warning', found: expect.stringContaining('addon.cc does not compile') })
  expect(line.cure).toContain('compiler')
})
