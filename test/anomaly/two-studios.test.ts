import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectHistory } from '../../main/host/store/inspect-history.ts'
import { openStore } from '../../main/host/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { forkStore, type StoreAnswer, studioOn } from '../unit/host/store/store-process.ts'
import { makeConfig } from '../unit/host/studio.ts'

const PARTS = ['-wal', '-shm', '-wal -shm', 'database', 'database -wal', 'database -wal -shm']

const [one, other] = [forkStore(), forkStore()]

/** Two studios, each a process of its own, on one history that the first has open. */
async function twoStudios() {
  const folder = temporaryFolder()
  const file = join(folder, 'studio.sqlite')
  const config = makeConfig(folder)
  const [first, second] = [studioOn(one, file, config), studioOn(other, file, config)]
  const remove = (parts: string) => {
    for (const part of parts.split(' ')) rmSync(part === 'database' ? file : file + part)
  }
  await done(first.add('a0'))
  return { file, first, second, remove }
}

/** What an order found, which must not have failed. */
async function done(answer: Promise<StoreAnswer>): Promise<readonly string[]> {
  const given = await answer
  if ('found' in given) return given.found
  throw new Error(given.message)
}

/** The runs in the file once both are closed. */
function left(file: string): string[] {
  expect(inspectHistory(file).complaints).toEqual([])
  const store = openStore(file)
  const runs = store.runs.list().map(({ id }) => id)
  store.close()
  expect(readdirSync(dirname(file)).filter((name) => name.endsWith('.copy'))).toEqual([])
  return runs.sort()
}

test.each(PARTS)('both go on with the same history after %s is deleted, whoever notices first', async (parts) => {
  const { file, first, second, remove } = await twoStudios()
  await done(second.add('b0'))
  remove(parts)
  // Only the first looks; the second must not write into what is gone.
  await done(first.keep())
  await done(first.add('a1'))
  expect(await done(second.add('b1'))).toEqual(['a0', 'a1', 'b0', 'b1'])
  remove(parts)
  expect(await done(second.add('b2'))).toEqual(['a0', 'a1', 'b0', 'b1', 'b2'])
  await done(first.add('a2'))
  await done(second.close())
  await done(first.close())
  expect(left(file)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
})

test.each(PARTS)('nothing that was written is lost where %s is deleted while both write', async (parts) => {
  const { file, first, second, remove } = await twoStudios()
  const write = async (studio: typeof first, name: string) => {
    for (let i = 1; i <= 40; i++) await done(studio.add(`${name}${i}`))
  }
  const writing = Promise.all([write(first, 'a'), write(second, 'b')])
  while (!existsSync(`${file}-wal`) || (await done(first.runs())).length < 20);
  remove(parts)
  await writing
  await done(first.close())
  await done(second.close())
  const wanted = ['a', 'b'].flatMap((name) => Array.from({ length: 40 }, (_, i) => `${name}${i + 1}`))
  expect(left(file)).toEqual(['a0', ...wanted].sort())
})

/** Of a history of which nothing is left, one that starts knows nothing. */
const OPEN_LATER = PARTS.filter((parts) => parts !== 'database -wal -shm')

test.each(OPEN_LATER)('a studio that starts after %s was deleted waits until it is put back', async (parts) => {
  const { file, first, second, remove } = await twoStudios()
  await done(second.check())
  remove(parts)
  const starting = second.add('b0')
  await done(first.add('a1'))
  expect(await done(starting)).toEqual(expect.arrayContaining(['a0', 'b0']))
  await done(first.add('a2'))
  await done(first.close())
  await done(second.close())
  expect(left(file)).toEqual(['a0', 'a1', 'a2', 'b0'])
})

test('one that starts while nobody puts it back is refused, and writes nothing', async () => {
  const { file, first, second, remove } = await twoStudios()
  remove('-shm')
  expect(await second.add('b0')).toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/deleted while a studio has it open/),
  })
  expect(await done(first.add('a1'))).toEqual(['a0', 'a1'])
  await done(first.close())
  expect(left(file)).toEqual(['a0', 'a1'])
})
