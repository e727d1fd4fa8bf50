import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { loadingSession } from '../loading-session.ts'
import { modelOf } from './floor.ts'
import { writeModel } from './model-folder.ts'
import { MACHINE, markdownTable, numberOption, saveResult } from './report.ts'
import { stepCase } from './step-case.ts'

/**
 * `npm run bench -- load [--rounds N]`: from a safetensors file in the page cache to TensorFlow's variables, for a
 * 135-million-parameter Llama shape, by what the file is in and what the base is held in. Gigabytes are those of the file;
 * beside the best round, the first of a process (cold code, new pages), reading the file alone, and what JavaScript holds
 * at most (buffers of all kinds, by the process's own count).
 */
const rounds = numberOption('rounds', 5)

const measured = stepCase()
const model = modelOf(measured)

type Time = { readonly wall: number; readonly cpu: number }

/** Wall time, and processor time of all threads: what a busy machine distorts least. */
async function timed(work: () => unknown): Promise<Time> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 }
}

/** What any program pays that looks at every byte of the file. */
function readAlone(file: string): void {
  const [descriptor, buffer] = [openSync(file, 'r'), Buffer.alloc(2 ** 20)]
  while (readSync(descriptor, buffer, 0, buffer.length, null) > 0);
  closeSync(descriptor)
}

/** Passes values on, with the largest amount of JavaScript's buffers beyond what was there before. */
function* watched<T>(values: Iterable<T>, seen: { peak: number }) {
  const before = process.memoryUsage().arrayBuffers
  for (const value of values) {
    seen.peak = Math.max(seen.peak, process.memoryUsage().arrayBuffers - before)
    yield value
  }
}

/** What a base is held in, as the settings have it. */
const HELD = {
  float32: {},
  bfloat16: { dtype: 'bfloat16' },
  int8: { quantization: 'int8' },
  nf4: { quantization: 'nf4' },
} as const satisfies Record<string, Partial<RunConfigInput>>

async function measureLoad(folder: string, held: Partial<RunConfigInput>) {
  const weights = baseWeights(openModelFolder(folder), model.description, 0)
  const times: Time[] = []
  const seen = { peak: 0 }
  for (let round = 0; round <= rounds; round++) {
    const session = await loadingSession(model, weights, held)
    const values = initialValues(weights, session.layout, 0)
    // The last one is not timed but watched, which costs time itself.
    if (round < rounds) times.push(await timed(() => session.executable.write(values)))
    else await session.executable.write(watched(values, seen))
    session.executable.dispose()
  }
  weights.close()
  return { times, jsPeak: seen.peak }
}

const figures: object[] = []
const rows: string[][] = []
const best = (times: readonly Time[], of: keyof Time) => Math.min(...times.map((time) => time[of]))
for (const stored of ['F32', 'BF16'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'dora-load-'))
  try {
    const file = join(await writeModel(folder, measured, stored), 'model.safetensors')
    const bytes = statSync(file).size
    const weights = bytes / (stored === 'F32' ? 4 : 2)
    const speed = (seconds: number) => (bytes / seconds / 1e9).toFixed(2)
    const reading: Time[] = []
    for (let round = 0; round <= rounds; round++) reading.push(await timed(() => readAlone(file)))
    for (const [held, settings] of Object.entries(HELD)) {
      const { times, jsPeak } = await measureLoad(folder, settings)
      figures.push({ stored, held, bytes, times, reading, jsPeak })
      rows.push([
        stored,
        held,
        best(times, 'wall').toFixed(2),
        speed(best(times, 'wall')),
        speed(best(times, 'cpu')),
        speed(times[0]?.cpu ?? 0),
        ((1e9 * best(times, 'cpu')) / weights).toFixed(1),
        speed(best(reading, 'cpu')),
        `${(jsPeak / 1e6).toFixed(0)} of ${(bytes / 1e6).toFixed(0)}`,
      ])
      console.log(rows.at(-1)?.join(' | '))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const columns = [
  'file',
  'held as',
  'seconds',
  'GB/s of file',
  'GB a second of processor time',
  'first in a process',
  'ns of processor time a weight',
  'reading alone',
  'most in JavaScript (MB)',
]
saveResult(
  'load',
  `${markdownTable(columns, rows)}\n\nLlama shape of 135 million parameters, page cache warm, best of ${rounds}. ${MACHINE}.`,
  { machine: MACHINE, figures },
)
