import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import {
  type MachineSettings,
  MEMORY_LIMIT_VARIABLE,
  machineSettingsSchema,
} from '../../shared/domain/machine-settings.ts'
import { readSmallText } from './small-text.ts'

const MOST_BYTES = 65_536
const HINT = 'Correct the file, or delete it: without it there is no limit.'

/** Settings of the machine in a file of the data folder; read at each use, since other hosts may share the folder. */
export function machineSettings(file: string) {
  function read(): MachineSettings {
    if (!existsSync(file)) return machineSettingsSchema.parse({})
    try {
      return machineSettingsSchema.parse(JSON.parse(readSmallText(file, MOST_BYTES)))
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'is no JSON' : 'does not hold what it should'
      throw fault('bad-file', `${file} ${reason}: ${toErrorData(error).message}`, { hint: HINT })
    }
  }
  return {
    read,
    /** The whole file or nothing. */
    write(settings: MachineSettings): MachineSettings {
      const temporary = `${file}.${process.pid}`
      try {
        writeFileSync(temporary, `${JSON.stringify(settings, null, 2)}\n`, { flush: true })
        renameSync(temporary, file)
        return settings
      } catch (error) {
        rmSync(temporary, { force: true })
        throw fault('disk', `${file} could not be written: ${toErrorData(error).message}`, {
          hint: 'Free some space, and check that the folder may be written.',
        })
      }
    },
    /** What engines are told of it. */
    engineEnvironment(): Record<string, string> {
      const { memoryLimit } = read()
      return memoryLimit === null ? {} : { [MEMORY_LIMIT_VARIABLE]: String(memoryLimit) }
    },
  }
}
