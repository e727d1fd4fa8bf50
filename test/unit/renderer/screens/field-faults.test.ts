import { expect, test } from 'vitest'
import { previewFaults, startFaults, withFaults } from '../../../../renderer/screens/new-run/field-faults.ts'
import { fault } from '../../../../shared/domain/error.ts'

const problem = (field: string, message: string, hint = '') => ({ field, message, hint })
const preview = (...problems: ReturnType<typeof problem>[]) => ({ plan: null, problems, estimate: null })

test('what the engine finds stands beside its field, with the cure; the first fault of a field is shown', () => {
  const found = preview(
    problem('train_file', 'line 3: no answer', 'Add one.'),
    problem('train_file', 'line 9: no answer'),
    problem('somewhere', 'else'),
  )
  expect(previewFaults({ preview: found, stale: false })).toEqual({ train_file: 'line 3: no answer Add one.' })
  expect(previewFaults({ preview: found, stale: true })).toEqual({})
  expect(previewFaults({ preview: undefined, stale: false })).toEqual({})
})

test('a refused start puts its details beside the fields they name', () => {
  const refused = fault('bad-config', 'The run cannot start.', {
    details: ['train_file: C:/a.jsonl is empty.', 'test_file: is a folder', 'Something: else'],
  })
  expect(startFaults(refused)).toEqual({ train_file: 'C:/a.jsonl is empty.', test_file: 'is a folder' })
  expect(startFaults(new Error('no connection'))).toEqual({})
})

test('faults found elsewhere wait until the form itself is right', () => {
  const form = { shownErrors: { r: 'At least 1.' }, check: { ok: false, errors: { r: 'At least 1.' } } } as const
  const other = { draft: {} as never, set: () => {}, touch: () => {}, touchAll: () => {}, replace: () => {} }
  expect(withFaults({ ...other, ...form }, { train_file: 'empty' }).shownErrors).toEqual({ r: 'At least 1.' })
  const right = { shownErrors: {}, check: { ok: true, config: {} as never } } as const
  expect(withFaults({ ...other, ...right }, { train_file: 'empty' }).shownErrors).toEqual({ train_file: 'empty' })
})
