import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lastCheckpoint } from '../../../../main/host/services/last-checkpoint.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

function setUp() {
  const folder = temporaryFolder()
  const store = openStore(join(folder, 'studio.sqlite'))
  onTestFinished(() => store.close())
  store.runs.insert({ id: 'r', config: makeConfig(folder), versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  const place = (step: number) => join(folder, 'r', `checkpoint-${step}`)
  const write = (step: number, state: string) => {
    mkdirSync(place(step), { recursive: true })
    writeFileSync(join(place(step), 'trainer_state.json'), state)
  }
  return {
    place,
    write: (step: number) => write(step, JSON.stringify({ step, evalLoss: 0.5 })),
    writeHalf: (step: number) => write(step, '{"st'),
    tell: (step: number) =>
      store.checkpoints.add(
        'r',
        { step, folder: place(step), bytes: 1, evalLoss: null, best: false, createdAt: 1 },
        [],
      ),
    measured: (step: number) => store.runs.update('r', { step }),
    last: () => lastCheckpoint({ store, runsFolder: folder }, 'r'),
    rows: () => store.checkpoints.list('r').map(({ step }) => step),
  }
}

test('the newest known checkpoint that is still there is the last one', () => {
  const { place, write, tell, last } = setUp()
  for (const step of [2, 4]) {
    write(step)
    tell(step)
  }
  expect(last()?.step).toBe(4)
  rmSync(place(4), { recursive: true })
  expect(last()?.step).toBe(2)
})

test('a folder nobody was told of does not take the place of a known one: the metrics up to it may be missing', () => {
  const { write, tell, last, rows } = setUp()
  write(2)
  tell(2)
  write(4)
  expect([last()?.step, rows()]).toEqual([2, [2]])
})

test('where every known folder is gone, the newest complete one on disk is taken and stored', () => {
  const { place, write, writeHalf, tell, measured, last, rows } = setUp()
  tell(2)
  measured(5)
  write(3)
  write(4)
  writeHalf(6)
  expect(last()).toMatchObject({ step: 4, folder: place(4), evalLoss: 0.5 })
  expect(rows()).toEqual([4])
})

test('the first checkpoint of a run counts though its host was killed before it could be stored', () => {
  const { write, measured, last, rows } = setUp()
  write(2)
  measured(2)
  expect([last()?.step, rows()]).toEqual([2, [2]])
})

test('a run that never had a checkpoint has none', () => {
  expect(setUp().last()).toBeUndefined()
})

test('a folder that is ahead of the stored metrics is not taken: the run starts over, without a hole in its curves', () => {
  const { write, tell, measured, last, rows } = setUp()
  tell(2)
  write(8)
  measured(3)
  expect([last(), rows()]).toEqual([undefined, []])
  measured(8)
  expect([last()?.step, rows()]).toEqual([8, [8]])
})
