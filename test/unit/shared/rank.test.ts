import { expect, test } from 'vitest'
import {
  type ModuleRank,
  type RankFacts,
  rankAdvice,
  rankAdviceText,
  stillModules,
} from '../../../shared/domain/rank.ts'

const moduleOf = (fields: Partial<ModuleRank>): ModuleRank => ({
  module: 'q',
  directions: 16,
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

test('modules without a change do not count, and of nothing learnt that is said', () => {
  const none = { effective: 0, most: 0, nearlyAll: 0, moved: 0 }
  expect(rankAdvice(factsOf([none, { nearlyAll: 2 }]))).toMatchObject({ kind: 'lower', r: 2 })
  expect(rankAdvice(factsOf([none, none]))).toEqual({ kind: 'nothing' })
  expect(rankAdviceText(factsOf([none]))).toContain('Nothing has been learnt yet')
})

test('modules that hardly moved are named, the least first', () => {
  const facts = factsOf([{}, {}, {}, { module: 'up', moved: 0.0019 }, { module: 'down', moved: 0.0001 }])
  expect(stillModules(facts)).toEqual(['down', 'up'])
  expect(stillModules(factsOf([{}, { moved: 0.01 }]))).toEqual([])
})
