import { describe, expect, test } from 'vitest'
import { askReference, python } from './python.ts'

const title = python
  ? 'the Python that answers the reference tests'
  : 'the Python that answers the reference tests (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

describe.runIf(python)(title, () => {
  test('gives back what a script answers, and nothing that one case does is seen by the next', async () => {
    const ask = () => askReference('faulty', { does: 'count' })
    const [first, second] = [await ask(), await ask()]
    expect(first.count).toBe(1)
    expect(second.count).toBe(1)
    expect(second.process).not.toBe(first.process)
  })

  test('answers two cases at once, each its own', async () => {
    const [slow, fast] = [askReference('faulty', { does: 'sleep', s: 2 }), askReference('faulty', { does: 'count' })]
    expect(await Promise.race([slow, fast])).toHaveProperty('count')
    expect(await slow).toEqual({ slept: 2 })
  })

  test.each([
    ['raise', /^the reference failed:\nbefore the fault\nTraceback[\s\S]*faulty\.py[\s\S]*ValueError: no such tensor/],
    ['exit', /^the reference failed:\nbefore the fault\n$/],
    ['crash', /^the reference failed:\nbefore the fault\nFatal Python error: Segmentation fault[\s\S]*faulty\.py/],
    ['hang', /^the reference failed:\nbefore the fault\nTimeout \(0:00:01\)![\s\S]*faulty\.py/],
    ['unprintable', /^the reference failed:\nbefore the fault\nTraceback[\s\S]*not JSON serializable/],
  ])('tells of a script that does this: %s', async (does, said) => {
    await expect(askReference('faulty', { does }, 1)).rejects.toThrow(said)
    expect((await askReference('faulty', { does: 'count' })).count).toBe(1)
  })

  test('tells of a script that cannot be imported', async () => {
    await expect(askReference('nowhere', {})).rejects.toThrow(/ModuleNotFoundError: No module named 'nowhere'/)
  })
})
