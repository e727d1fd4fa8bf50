import { expect, test } from 'vitest'
import { type ModuleRank, type RankFacts, rankAdvice, rankAdviceText, stillText } from '../../../shared/domain/rank.ts'

const moduleOf = (fields: Partial<ModuleRank>): ModuleRank => ({
  module: 'q',
  directions: 16,
  limit: 64,
  effective: 8,
  most: 6,
  nearlyAll: 12,
  moved: 0.02,
  ...fields,
})
const factsOf = (modules: readonly Partial<ModuleRank>[], fields: Partial<RankFacts> = {}): RankFacts => ({
  r: 16,
  alpha: 32,
  rslora: false,
  modules: modules.map(moduleOf),
  kept: [],
  ...fields,
})
const times = (count: number, fields: Partial<ModuleRank>) => Array.from({ length: count }, () => fields)

test('a lower rank is advised where nine of ten modules need half of it or less, at the same scale', () => {
  const few = [...times(9, { nearlyAll: 5 }), { nearlyAll: 16 }]
  expect(rankAdvice(factsOf(few))).toEqual({ kind: 'lower', r: 8, alpha: 16, needed: 5 })
  expect(rankAdvice(factsOf(few, { rslora: true }))).toMatchObject({ r: 8, alpha: 22.63 })
  expect(rankAdvice(factsOf([...times(8, { nearlyAll: 5 }), ...times(2, { nearlyAll: 9 })]))).toEqual({
    kind: 'keep',
    needed: 9,
  })
})

test('a higher one where the middle module has hardly a direction to spare, up to the highest there is', () => {
  const full = times(3, { most: 12, nearlyAll: 16 })
  expect(rankAdvice(factsOf(full))).toEqual({ kind: 'higher', r: 32, alpha: 64, needed: 16 })
  expect(rankAdvice(factsOf([...full, ...times(4, { most: 11, nearlyAll: 15 })]))).toMatchObject({ kind: 'keep' })
  const highest = times(1, { directions: 1024, most: 900, nearlyAll: 1000 })
  expect(rankAdvice(factsOf(highest, { r: 1024 }))).toMatchObject({ kind: 'keep' })
})

test('no rank is advised that the weights themselves do not have', () => {
  const narrow = times(3, { limit: 24, most: 13, nearlyAll: 16 })
  expect(rankAdvice(factsOf(narrow))).toMatchObject({ kind: 'higher', r: 24, alpha: 48 })
  expect(rankAdvice(factsOf(times(3, { limit: 16, most: 15, nearlyAll: 16 })))).toMatchObject({ kind: 'keep' })
  const beyond = times(3, { limit: 32, directions: 32, most: 29, nearlyAll: 32 })
  expect(rankAdvice(factsOf(beyond, { r: 36 }))).toMatchObject({ kind: 'keep' })
})

test('the text counts the directions that there are: with PiSSA twice the rank, with patterns those of the widest', () => {
  const doubled = times(3, { directions: 32, most: 14, nearlyAll: 28 })
  expect(rankAdviceText(factsOf(doubled))).toContain('28 of 32 directions')
  const mixed = [...times(2, { directions: 4, most: 2, nearlyAll: 4 }), { directions: 32, most: 20, nearlyAll: 29 }]
  expect(rankAdviceText(factsOf(mixed))).toContain('29 of 32 directions')
})

test('where only magnitudes are trained that is said', () => {
  expect(rankAdviceText(factsOf([]))).toContain('no module')
})

test('modules without a change do not count, and of nothing learnt that is said', () => {
  const none = { effective: 0, most: 0, nearlyAll: 0, moved: 0 }
  expect(rankAdvice(factsOf([none, { nearlyAll: 2 }]))).toMatchObject({ kind: 'lower', r: 2 })
  expect(rankAdvice(factsOf([none, none]))).toEqual({ kind: 'nothing' })
  expect(rankAdviceText(factsOf([none]))).toContain('Nothing has been learnt yet')
})

test('modules that hardly moved are named, the least first', () => {
  const facts = factsOf([{}, {}, {}, { module: 'up', moved: 0.0019 }, { module: 'down', moved: 0.0001 }])
  expect(stillText(facts)).toBe('Hardly moved, and could be left out of the target modules: down, up.')
  expect(stillText(factsOf([{}, { moved: 0.01 }]))).toBeNull()
})
