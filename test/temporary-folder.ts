import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'

const fresh = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'dora-studio-test-')))
const remove = (folder: string) => rmSync(folder, { recursive: true, force: true })

/** A fresh folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = fresh()
  onTestFinished(() => remove(folder))
  return folder
}

/** A fresh folder for all tests of the `describe` or file around it, gone after the last. */
export function sharedFolder(): string {
  const folder = fresh()
  afterAll(() => remove(folder))
  return folder
}
