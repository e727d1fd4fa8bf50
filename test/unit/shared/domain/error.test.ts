import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fault, toErrorData } from '../../../../shared/domain/error.ts'

const system = (code: string) => Object.assign(new Error(`${code}: said the system`), { code, syscall: 'write' })

test('a fault keeps its data', () => {
  const thrown = fault('bad-file', 'a.json: broken', { hint: 'Write it again.' })
  expect(toErrorData(thrown)).toBe(thrown.data)
})

test('what the operating system refuses is a disk fault with its cure, and retryable where space is all it takes', () => {
  expect(toErrorData(system('ENOSPC'))).toEqual({
    code: 'disk',
    message: 'ENOSPC: said the system.',
    hint: 'Free some space, then try again.',
    details: [],
    retryable: true,
  })
  expect(toErrorData(system('EACCES'))).toMatchObject({ code: 'disk', retryable: false })
})

test('anything else is a fault of the studio and keeps its message, not its stack', () => {
  expect(toErrorData(new TypeError('x is not a function'))).toMatchObject({
    code: 'internal',
    message: 'x is not a function',
  })
  expect(toErrorData('text')).toMatchObject({ code: 'internal', message: 'text' })
  // A missing file is a slip of ours unless the place that opens it says otherwise.
  expect(toErrorData(missing())).toMatchObject({ code: 'internal' })
})

function missing(): unknown {
  try {
    return readFileSync('/no/such/file')
  } catch (error) {
    return error
  }
}
