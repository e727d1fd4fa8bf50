import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitFolder, removeFolder, removeLeftovers } from '../../../../main/engine/formats/write-folder.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { rejectionOf } from '../thrown-by.ts'

const writeFile = (text: string) => (folder: string) => {
  mkdirSync(join(folder, 'inner'))
  writeFileSync(join(folder, 'inner', 'file'), text)
}
const fileOf = (folder: string) => readFileSync(join(folder, 'inner', 'file'), 'utf8')

test('the folder appears whole, with the folders above it, and nothing else is left', async () => {
  const root = temporaryFolder()
  const target = join(root, 'a', 'b')
  await commitFolder(target, (temporary) => {
    writeFile('one')(temporary)
    expect(existsSync(target)).toBe(false)
  })
  expect(fileOf(target)).toBe('one')
  expect(readdirSync(join(root, 'a'))).toEqual(['b'])
})

test('an empty folder is filled, a full one is refused unless it may be replaced', async () => {
  const root = temporaryFolder()
  const target = join(root, 'out')
  mkdirSync(target)
  await commitFolder(target, writeFile('one'))
  expect(await rejectionOf(commitFolder(target, writeFile('two')))).toMatchObject({
    code: 'conflict',
    message: /not empty/,
  })
  expect(fileOf(target)).toBe('one')
  await commitFolder(target, writeFile('two'), { replace: true })
  expect(fileOf(target)).toBe('two')
  expect(readdirSync(root)).toEqual(['out'])
})

test('a failure leaves everything as it was', async () => {
  const root = temporaryFolder()
  const target = join(root, 'out')
  const fail = async (folder: string) => {
    writeFile('half')(folder)
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: 'write' })
  }
  const full = await rejectionOf(commitFolder(target, fail))
  expect(full).toMatchObject({ code: 'disk', message: `${target}: the disk is full.`, retryable: true })
  expect(readdirSync(root)).toEqual([])
  await commitFolder(target, writeFile('one'))
  await rejectionOf(commitFolder(target, fail, { replace: true }))
  expect(fileOf(target)).toBe('one')
  expect(readdirSync(root)).toEqual(['out'])
})

test('a file in the way is refused', async () => {
  const root = temporaryFolder()
  writeFileSync(join(root, 'out'), '')
  expect(await rejectionOf(commitFolder(join(root, 'out'), writeFile('x')))).toMatchObject({ code: 'conflict' })
  expect(await rejectionOf(commitFolder(join(root, 'out', 'deeper'), writeFile('x')))).toMatchObject({
    code: 'conflict',
  })
})

test('what a killed process left behind is removed, what a living one writes is not', async () => {
  const root = temporaryFolder()
  // Process ids end far below this number on every system.
  const [dead, alive] = [join(root, '.out.partial-999999999-0'), join(root, `.out.partial-${process.ppid}-0`)]
  mkdirSync(dead)
  mkdirSync(alive)
  await commitFolder(join(root, 'out'), writeFile('one'))
  expect([existsSync(dead), existsSync(alive)]).toEqual([false, true])
})

test('an earlier process of the same number is a dead one: in a container the numbers begin anew', async () => {
  const root = temporaryFolder()
  for (let n = 0; n < 50; n++) mkdirSync(join(root, `.out.partial-${process.pid}-${n}`))
  await commitFolder(join(root, 'out'), (temporary) => {
    expect(readdirSync(temporary)).toEqual([])
    writeFile('one')(temporary)
  })
  expect(readdirSync(root)).toEqual(['out'])
})

test('a replacement that was cut short between its two renames is undone, one that was done is cleared away', () => {
  const root = temporaryFolder()
  for (const name of ['.a.old-999999999-0', '.b.old-999999999-0', 'b', '.c.partial-999999999-1', '.hidden']) {
    mkdirSync(join(root, name))
  }
  removeLeftovers(root)
  expect(readdirSync(root).sort()).toEqual(['.hidden', 'a', 'b'])
})

test('a folder that cannot be written is told under its own name, not that of the temporary one', async () => {
  const target = join(temporaryFolder(), 'out')
  const fail = (temporary: string) => writeFileSync(join(temporary, 'missing', 'file'), '')
  const { message } = await rejectionOf(commitFolder(target, fail))
  expect(message).toBe(`${join(target, 'missing', 'file')}: there is no such file or folder.`)
})

test('a deleted folder is gone, and nothing of it is left beside', () => {
  const root = temporaryFolder()
  mkdirSync(join(root, 'old'))
  writeFile('one')(join(root, 'old'))
  removeFolder(join(root, 'old'))
  expect(readdirSync(root)).toEqual([])
})

test('a process that leaves in the middle of writing clears away what it wrote', () => {
  const folder = temporaryFolder()
  const module = join(import.meta.dirname, '../../../../main/engine/formats/write-folder.ts')
  const script = `import { commitFolder } from ${JSON.stringify(module)}
    import { writeFileSync, readdirSync } from 'node:fs'
    await commitFolder(${JSON.stringify(join(folder, 'out'))}, async (temporary) => {
      writeFileSync(temporary + '/half', 'x')
      console.log(readdirSync(${JSON.stringify(folder)}).length)
      process.exit(0)
    })`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(stdout.trim()).toBe('1')
  expect(readdirSync(folder)).toEqual([])
})
