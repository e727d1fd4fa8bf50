import { expect, test } from 'vitest'
import { decimate, envelope } from '../../../../renderer/charts/decimate.ts'

const points = Array.from({ length: 3000 }, (_, step) => {
  const value = step === 1234 ? 50 : step === 1235 ? -50 : Math.sin(step)
  return { step, value, min: value, max: value, wallMs: 0 }
})

test('a spike of one step in either direction is still drawn', () => {
  const drawn = envelope(points, 400)
  expect(drawn.length).toBeLessThanOrEqual(400)
  expect(drawn).toContainEqual({ step: 1234, value: 50 })
  expect(drawn).toContainEqual({ step: 1235, value: -50 })
  expect(drawn.map(({ step }) => step)).toEqual(drawn.map(({ step }) => step).toSorted((a, b) => a - b))
})

test('a smooth line keeps its first and its last reading', () => {
  const drawn = decimate(points, 400)
  expect(drawn.length).toBeLessThanOrEqual(401)
  expect(drawn[0]?.step).toBe(0)
  expect(drawn.at(-1)?.step).toBe(2999)
})

test('few points are drawn as they are', () => {
  expect(envelope(points.slice(0, 10))).toEqual(points.slice(0, 10))
  expect(decimate(points.slice(0, 10))).toEqual(points.slice(0, 10))
})
