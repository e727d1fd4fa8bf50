import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { backends } from './backends.ts'
import { expected, readAll, VARIABLES, written } from './write-cases.ts'

describe.each(Object.entries({ ...backends, reference: async () => referenceBackend }))('the %s backend', (_, open) => {
  it('writes arrays and what fills lent memory, again and again, in any order', async () => {
    const executable = await (await open()).compile({ variables: VARIABLES, signatures: {} })
    await executable.write(VARIABLES.map((variable, i) => written(i, variable)))
    expect(readAll(executable)).toEqual(expected)
    await executable.write(VARIABLES.map((variable, i) => written(i + 1, variable)).reverse())
    expect(readAll(executable)).toEqual(expected)
    executable.dispose()
  })
})
