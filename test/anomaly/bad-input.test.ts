import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { faultText } from '../../main/cli/output.ts'
import { sharedFolder } from '../temporary-folder.ts'
import type { BadInput } from './bad-inputs/bad-input.ts'
import { BAD_INPUTS } from './bad-inputs/index.ts'
import { JARGON, prepareStudios, type RealStudio } from './real-studio.ts'

const place = sharedFolder()
let studios: Awaited<ReturnType<typeof prepareStudios>>
beforeAll(async () => {
  studios = await prepareStudios(place)
})

async function expectFailedRun(studio: RealStudio, err: string, { engineDies, mayPass }: BadInput): Promise<void> {
  const [listed, shown] = [await studio.runs(), await studio.show()]
  // With more memory a dead engine may live, so its run can be started over; a file has to be mended first.
  const state = engineDies
    ? { status: 'interrupted', resumable: true }
    : { status: 'failed', resumable: mayPass === true }
  expect(listed).toMatchObject([{ id: shown.id, step: 0, phase: null, ...state }])
  expect(shown.error && `${faultText(shown.error)}\n`).toBe(err)
  expect(shown.checkpoints).toEqual([])
  expect(readdirSync(shown.folder).sort()).toEqual(['engine.log', 'run.yaml'])
}

test.each(BAD_INPUTS)('$what: told clearly, $found', async (input) => {
  const { spoil, set, env, found, says } = input
  const studio = studios.open()
  await spoil?.(studio)
  const { code, err } = await studio.run(['train', studio.runFile(set)], { env })
  for (const part of [...says, 'Error: ', 'What to do: ']) expect(err).toContain(part)
  expect(err).not.toMatch(JARGON)
  expect(code).toBe(found === 'before' ? 2 : 1)
  if (found === 'in the run') return expectFailedRun(studio, err, input)
  // Nothing was accepted, so there is nothing to clean up.
  const runs = join(studio.home, 'runs')
  expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([])
})
