import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

type Measured = { readonly grown: number; readonly lossSum: number }

const measured = (arrangement: 'plain' | 'late'): Measured => {
  const script = join(import.meta.dirname, 'late-memory.ts')
  const out = execFileSync(process.execPath, [script, arrangement], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(out.trim().split('\n').at(-1) ?? '')
}

describe('weights formed late, in TensorFlow', () => {
  it('are formed for one layer after the other, not folded into one, and give the same', () => {
    const [plain, late] = [measured('plain'), measured('late')]
    expect(late.lossSum).toBe(plain.lossSum)
    // All 40 doubled weights take 168 MB.
    expect(plain.grown).toBeGreaterThan(140e6)
    expect(late.grown).toBeLessThan(80e6)
  })
})
