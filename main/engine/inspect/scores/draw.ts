import { seededRandom, shuffled } from '../../random.ts'

const SEED = 1

/**
 * At most `most` of the items, in their order. Drawn at random, since files are often sorted by label or by source, which
 * the first of them would not stand for; always the same ones of so many, so that every model is asked the same.
 */
export function draw<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  const chosen = new Set(shuffled([...items.keys()], seededRandom(SEED, 'examples')).slice(0, most))
  return items.filter((_, i) => chosen.has(i))
}
