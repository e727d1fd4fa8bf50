import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { seededRandom } from '../../../main/engine/random.ts'
import { complaintAbout, type FuzzTarget } from './target.ts'
import { FUZZ_TARGETS } from './targets.ts'

/**
 * `worker.ts TARGET FILE FROM COUNT`: spoils FILE, which is sound, COUNT times and reads it, the same way each time, and writes a line before each
 * (its number) and one for each finding. A crash, a hang and a flood of memory are the caller's to see.
 */
const [targetName = '', file = '', from = '0', count = '0'] = process.argv.slice(2)
const target = FUZZ_TARGETS.find(({ name }) => name === targetName) as FuzzTarget

const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`)

async function readOne(number: number, sound: Buffer): Promise<string | null> {
  const random = seededRandom(number, target.name)
  const mutator = target.mutators[Math.floor(random() * target.mutators.length)]
  writeFileSync(file, mutator?.(sound, random) ?? sound)
  try {
    await target.read(file)
    return null
  } catch (error) {
    return complaintAbout(error, dirname(file), target)
  }
}

const sound = readFileSync(file)
await target.read(file)
for (let number = Number(from); number < Number(from) + Number(count); number++) {
  say({ number })
  const finding = await readOne(number, sound)
  if (finding) say({ number, finding })
}
say({ done: true, peakBytes: process.resourceUsage().maxRSS * 1024 })
