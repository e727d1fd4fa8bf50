import { METHODS } from './method.ts'
import type { RunConfig } from './run-config.ts'

/** Whether the run's method trains magnitudes of its own. */
export const trainsMagnitude = (config: RunConfig): boolean =>
  METHODS[config.method].fields.some((field) => field === 'magnitude_lr_ratio')

/** Steps at a learning rate above 0 after which a magnitude must have moved. */
export const MAGNITUDE_PATIENCE = 20

/**
 * Adam moves a parameter that has a gradient by about its learning rate a step, so that a mean change below this share
 * of a single step after {@link MAGNITUDE_PATIENCE} steps is none.
 */
const SHARE_OF_A_STEP = 1e-3

/** The least dM of a module that counts as movement; `highestRate` is the highest learning rate there was. */
export const leastMagnitudeMove = (config: RunConfig, highestRate: number): number =>
  SHARE_OF_A_STEP * highestRate * (config.magnitude_lr_ratio || 1)

/** What to do about magnitudes that stand still in `still` of `all` modules. */
export function magnitudeCure(config: RunConfig, still: number, all: number): string {
  if (config.magnitude_lr_ratio === 0) return 'magnitude_lr_ratio is 0, which freezes m: start again with 1.'
  if (still < all) return 'Leave them out of target_modules (they get no gradient), or raise magnitude_lr_ratio.'
  return `Stop the run and start it again with a higher learning_rate (now ${config.learning_rate}) or magnitude_lr_ratio (now ${config.magnitude_lr_ratio}); without m, DoRA is LoRA.`
}

const shorten = (modules: readonly string[]): string =>
  modules.length <= 2 ? modules.join(', ') : `${modules[0]} and ${modules.length - 1} more`

/** The sentence that says which magnitudes stand still. */
export function magnitudeText(still: readonly string[], all: number, step: number): string {
  const at = `at step ${step.toLocaleString('en-US')}`
  if (still.length === all) return `m does not move in any module ${at}.`
  return `m does not move in ${still.length} of ${all} modules ${at}: ${shorten(still)}.`
}
