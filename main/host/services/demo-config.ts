import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { resourcesFolder } from '../folders.ts'
import { parseRunConfig } from './config-text.ts'

/** The recipe shipped with the studio, with absolute paths. */
export async function readDemoConfig(folder: string = join(resourcesFolder(), 'demo')): Promise<RunConfig> {
  const file = join(folder, 'kinds-dora.yaml')
  const text = await readFile(file, 'utf8').catch(() => {
    throw fault('not-found', `${file} is missing.`, { hint: 'The installation is incomplete: get the studio again.' })
  })
  return parseRunConfig(text, folder, { what: file })
}
