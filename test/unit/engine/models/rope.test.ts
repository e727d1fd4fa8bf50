import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ropeOf } from '../../../../main/engine/models/rope.ts'
import { thrownBy } from '../thrown-by.ts'

type Case = {
  readonly name: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly size: number
  readonly maxPositions: number
  readonly length: number
  readonly factor: number
  readonly frequencies: readonly number[]
}

/** Written by make_rope.py with transformers. */
const cases = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/rope.json'), 'utf8')) as Case[]
const shape = { modelType: 'llama', size: 64, maxPositions: 4096 }

describe('a rotary embedding', () => {
  it.each(cases.map((one) => [one.name, one] as const))('turns as in transformers: %s', (_, wanted) => {
    const { size, maxPositions, length, parameters } = wanted
    const rope = ropeOf(parameters, { modelType: 'llama', size, maxPositions }, 1)
    const got = rope.frequencies(length)
    expect([got.length, rope.turned]).toEqual([wanted.frequencies.length, 2 * wanted.frequencies.length])
    expect(Math.abs(rope.factor / wanted.factor - 1)).toBeLessThan(1e-7)
    wanted.frequencies.forEach((frequency, k) => {
      expect(Math.abs((got[k] as number) / frequency - 1), `pair ${k}`).toBeLessThan(3e-7)
    })
  })

  it('is refused where its scaling is not known, or lacks a number', () => {
    expect(thrownBy(() => ropeOf({ rope_type: 'spiral' }, shape, 1e4)).message).toContain('"spiral"')
    expect(thrownBy(() => ropeOf({ rope_type: 'llama3', factor: 8 }, shape, 1e4)).message).toContain('low_freq_factor')
    expect(thrownBy(() => ropeOf({ rope_type: 'linear', factor: -1 }, shape, 1e4)).message).toContain('"factor"')
    expect(thrownBy(() => ropeOf({ rope_type: 'longrope', short_factor: [1] }, shape, 1e4)).message).toContain(
      'short_factor',
    )
  })
})
