import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDoctorReport } from '../../../../main/host/services/doctor-report.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf } from '../studio.ts'

const report = {
  checks: [{ id: 'node', label: 'Node', status: 'error', found: 'old', cure: 'Update.' }],
  backend: 'portable',
  device: 'CPU',
  gflops: null,
}

function script(text: string): string {
  const file = join(temporaryFolder(), 'doctor.mjs')
  writeFileSync(file, text)
  return file
}

test('a report is read past chatter and despite exit code 1', async () => {
  const entry = script(
    `console.log('native chatter'); console.log(${JSON.stringify(JSON.stringify(report))}); process.exitCode = 1`,
  )
  expect(await readDoctorReport(entry)).toEqual(report)
})

test('a Doctor that crashes leaves a fault with its last words', async () => {
  const error = await faultOf(() => readDoctorReport(script("console.error('library is broken'); process.exit(7)")))
  expect(error).toMatchObject({ code: 'native', details: expect.arrayContaining(['library is broken']) })
})

test('a missing Doctor says how to build it', async () => {
  expect(await faultOf(() => readDoctorReport('/nowhere/doctor.mjs'))).toMatchObject({ code: 'not-found' })
})
