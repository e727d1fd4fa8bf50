import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ensureProcesses } from '../../../main/setup/build.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type Bench, createBench, prepare } from '../../soak/bench.ts'
import { openPlace, type Place } from './place.ts'

/** A studio on a machine that can be made to fail: a small disk of its own, a clock that can be set, no rights of root. */
export type Machine = {
  readonly bench: Bench
  readonly place: Place
  readonly config: RunConfig
  readonly dataFolder: string
  /** Puts the time of day of host and engines off by so many seconds. */
  readonly setClock: (seconds: number) => void
  readonly openHost: () => void
  /** Gives the disk back; the folder stays. */
  readonly leave: () => void
}

const root = join(import.meta.dirname, '../../..')

/** Room for two short runs, so that little has to be written to fill it. */
const DISK = '6m'
const SETTINGS: Partial<RunConfig> = { max_steps: 24, eval_steps: 8, per_device_eval_batch_size: 32 }

/** A clock for host and engines, by a library that answers them; the file holds by how much it is off. */
function openClock(folder: string): { env: Readonly<Record<string, string>>; set: (seconds: number) => void } {
  const [library, file] = [join(folder, 'clock.so'), join(folder, 'clock')]
  execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'clock.c')])
  const set = (seconds: number) => {
    const fd = openSync(file, 'r+')
    writeSync(fd, BigInt64Array.of(BigInt(seconds)))
    closeSync(fd)
  }
  writeFileSync(file, new Uint8Array(8))
  return { env: { LD_PRELOAD: library, DORA_TEST_CLOCK: file }, set }
}

/** Makes the machine in a folder. */
export async function openMachine(folder: string): Promise<Machine> {
  await ensureProcesses(root, () => undefined)
  const dataFolder = join(folder, 'data')
  mkdirSync(dataFolder)
  const place = await openPlace(dataFolder, DISK)
  const clock = openClock(folder)
  const config = { ...(await prepare(folder, 'tensorflow')), ...SETTINGS }
  const bench = createBench(dataFolder, config)
  return {
    bench,
    place,
    config,
    dataFolder,
    setClock: clock.set,
    openHost: () => void bench.open({ env: clock.env, wrap: place.wrap }),
    leave: place.leave,
  }
}
