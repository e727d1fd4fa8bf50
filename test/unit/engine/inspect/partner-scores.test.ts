import { expect, test } from 'vitest'
import { draw } from '../../../../main/engine/inspect/scores/draw.ts'
import { type Pairs, partnerScores } from '../../../../main/engine/inspect/scores/partner-scores.ts'
import { seededRandom } from '../../../../main/engine/random.ts'

const unit = (angle: number) => [Math.cos(angle), Math.sin(angle)]
/** Texts as angles on a circle: the nearer two angles, the greater their cosine. */
const circle = (first: readonly number[], second: readonly number[], groups: readonly number[]): Pairs => ({
  first: Float32Array.from(first.flatMap(unit)),
  second: Float32Array.from(second.flatMap(unit)),
  width: 2,
  groups: Int32Array.from(groups),
})

test('the right partner has the place that its cosine has among all', () => {
  const { accuracy, reciprocalRank } = partnerScores(circle([0, 1, 2], [0.1, 0.2, 2.1], [0, 1, 2]), 20)
  // From 1 the partner at 0.2 is the nearest; from 0 the one at 0.1; from 2 the one at 2.1.
  expect(reciprocalRank).toEqual([1, 1, 1])
  expect(accuracy).toEqual([1, 1, 1])
  const off = partnerScores(circle([0, 0, 0], [0.3, 0.1, 0.2], [0, 1, 2]), 20)
  expect(off.reciprocalRank).toEqual([1 / 3, 1, 1 / 2])
  expect(off.accuracy).toEqual([0, 1, 0])
})

test('equal partners are no rivals, and a model to which all texts are the same finds nothing', () => {
  const pairs = circle([0, 0, 0], [0.3, 0.1, 0.1], [0, 1, 1])
  expect(partnerScores(pairs, 20).reciprocalRank).toEqual([1 / 3, 1, 1])
  const { accuracy, reciprocalRank, loss } = partnerScores(circle([1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 2, 3]), 20)
  expect(accuracy).toEqual([0, 0, 0, 0])
  expect(reciprocalRank).toEqual([0.4, 0.4, 0.4, 0.4])
  for (const one of loss) expect(one).toBeCloseTo(Math.log(4), 12)
})

test('the loss is the cross entropy of the scaled cosines, finite at any scale', () => {
  const random = seededRandom(7, 'angles')
  const angles = () => Array.from({ length: 9 }, () => 6 * random())
  const pairs = circle(angles(), angles(), [0, 1, 2, 3, 4, 5, 6, 7, 3])
  for (const scale of [1, 20]) {
    const { loss } = partnerScores(pairs, scale)
    loss.forEach((got, i) => {
      const odds = Array.from(pairs.groups, (group, j) => {
        if (j !== i && group === pairs.groups[i]) return 0
        const [x0, x1, y0, y1] = [
          pairs.first[2 * i],
          pairs.first[2 * i + 1],
          pairs.second[2 * j],
          pairs.second[2 * j + 1],
        ]
        return Math.exp(scale * ((x0 as number) * (y0 as number) + (x1 as number) * (y1 as number)))
      })
      expect(got).toBeCloseTo(-Math.log((odds[i] as number) / odds.reduce((a, b) => a + b)), 10)
    })
  }
  for (const one of partnerScores(pairs, 1000).loss) expect(Number.isFinite(one)).toBe(true)
})

test('of many examples the same ones are drawn each time, in order and from all of the file', () => {
  const items = Array.from({ length: 1000 }, (_, i) => i)
  const drawn = draw(items, 200)
  expect(drawn).toHaveLength(200)
  expect(draw(items, 200)).toEqual(drawn)
  expect([...drawn].sort((a, b) => a - b)).toEqual(drawn)
  const share = drawn.filter((item) => item < 500).length
  expect(share).toBeGreaterThan(70)
  expect(share).toBeLessThan(130)
  expect(draw(items, 1000)).toEqual(items)
  expect(draw(items, 5000)).toEqual(items)
})
