import { z } from 'zod'
import type { MethodKind } from './method-kind.ts'

/** How many directions the change of one adapted weight uses. */
export const moduleRankSchema = z.object({
  module: z.string(),
  /**
   * Most that it could use: r, twice that where it began at the leading directions of the weight (PiSSA), and no more than
   * the weight has.
   */
  directions: z.number().int().positive(),
  /** The smaller side of the weight. */
  limit: z.number().int().positive(),
  /** Effective rank after Roy and Vetterli; 0 where nothing has changed. */
  effective: z.number().nonnegative(),
  /** Least ranks that keep 90 and 99 % of the energy, the squared Frobenius norm. */
  most: z.number().int().nonnegative(),
  nearlyAll: z.number().int().nonnegative(),
  /** Frobenius norm of the change as a share of that of the weight; without the magnitude. */
  moved: z.number().nonnegative(),
})
export type ModuleRank = z.infer<typeof moduleRankSchema>

export const rankFactsSchema = z.object({
  r: z.number().int().positive(),
  alpha: z.number(),
  rslora: z.boolean(),
  modules: z.array(moduleRankSchema),
  /** Energy that rank 1, 2, … keeps, the mean of all modules that have changed. */
  kept: z.array(z.number()),
})
export type RankFacts = z.infer<typeof rankFactsSchema>

/** Methods that train both factors of a low-rank change. */
export const isRanked = (method: MethodKind): boolean => method === 'lora' || method === 'dora'

/** What to choose for the next run. `alpha`: keeps the scale of the change as it was. */
export type RankAdvice =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'lower' | 'higher'; readonly r: number; readonly alpha: number; readonly needed: number }
  | { readonly kind: 'keep'; readonly needed: number }

/** So many of the modules keep nearly all of their energy with the rank that is advised. */
const MODULES_SHARE = 0.9
/** With a flat spectrum 90 % of the energy takes 90 % of the directions; from here on hardly any is spare. */
const FLAT = 0.75
const HIGHEST_RANK = 1024

/** The value that a share of the ascending values does not exceed (nearest rank). */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** alpha / r stays, or alpha / sqrt(r) with rsLoRA. */
const sameScale = ({ r, alpha, rslora }: RankFacts, next: number): number => {
  const ratio = rslora ? Math.sqrt(next / r) : next / r
  return Number((alpha * ratio).toPrecision(4))
}

/**
 * A rule of thumb, not a theorem: half the rank or less where that would have kept 99 % of the energy in nine of ten modules;
 * twice the rank, up to the smaller side of the middle weight, where the middle module needs three quarters of its directions
 * for 90 %.
 */
export function rankAdvice(facts: RankFacts): RankAdvice {
  const moving = facts.modules.filter(({ effective }) => effective > 0)
  if (moving.length === 0) return { kind: 'nothing' }
  const nearlyAll = moving.map((one) => one.nearlyAll)
  const needed = quantile(nearlyAll, MODULES_SHARE)
  const power = 2 ** Math.ceil(Math.log2(needed))
  if (power <= facts.r / 2) return { kind: 'lower', r: power, alpha: sameScale(facts, power), needed }
  const middle = quantile(
    moving.map(({ most, directions }) => most / directions),
    0.5,
  )
  const room = quantile(
    moving.map(({ limit }) => limit),
    0.5,
  )
  const next = Math.min(HIGHEST_RANK, room, 2 * facts.r)
  if (middle >= FLAT && next > facts.r) return { kind: 'higher', r: next, alpha: sameScale(facts, next), needed }
  return { kind: 'keep', needed }
}

/** Modules that have moved by less than this share of what the middle one has. */
const HARDLY = 0.1

/** Names of the modules that could be left out, those that moved least first. */
function stillModules({ modules }: RankFacts): string[] {
  const middle = quantile(
    modules.map(({ moved }) => moved),
    0.5,
  )
  return modules
    .filter(({ moved }) => moved < HARDLY * middle)
    .sort((a, b) => a.moved - b.moved)
    .map(({ module }) => module)
}

/** Which modules could be left out, in words; null where each has moved. */
export function stillText(facts: RankFacts): string | null {
  const still = stillModules(facts)
  return still.length > 0 ? `Hardly moved, and could be left out of the target modules: ${still.join(', ')}.` : null
}

/** The advice in words, as the window and the command line give it. */
export function rankAdviceText(facts: RankFacts): string {
  const advice = rankAdvice(facts)
  const all = facts.modules.reduce((most, { directions }) => Math.max(most, directions), 0)
  if (all === 0) return 'There is no module of which directions are trained: only magnitudes are.'
  switch (advice.kind) {
    case 'nothing':
      return 'Nothing has been learnt yet: every change is zero.'
    case 'lower':
      return `A lower rank would do: ${advice.needed} of ${all} directions hold 99 % of what was learnt in nine of ten modules. Try r = ${advice.r} with lora_alpha = ${advice.alpha}, which keeps the scale.`
    case 'higher':
      return `All directions are in use: hardly any of the ${all} could be left out. If the validation loss asks for more, try r = ${advice.r} with lora_alpha = ${advice.alpha}, which keeps the scale.`
    case 'keep':
      return `The rank fits: ${advice.needed} of ${all} directions hold 99 % of what was learnt in nine of ten modules.`
  }
}
