import type { RunConfig } from '../../shared/domain/run-config.ts'
import type { MetricSnapshot } from '../api/metric-buffer.ts'
import { formatCount, formatNumber } from '../format/numbers.ts'
import { hasMagnitude, pointsOf, seriesOf } from './chart.ts'

/** `still`: modules whose magnitude does not move though it should. */
export type MagnitudeHealth = {
  readonly kind: 'waiting' | 'moving' | 'still'
  readonly text: string
  /** What to do; empty while all is well. */
  readonly cure: string
  readonly modules: readonly string[]
}

/** Steps at a learning rate above 0 after which a magnitude must have moved. */
const PATIENCE = 20

/**
 * Adam moves a parameter that has a gradient by about its learning rate a step, so that a mean change below this share
 * of a single step after {@link PATIENCE} steps is none.
 */
const SHARE_OF_A_STEP = 1e-3

const shorten = (modules: readonly string[]): string =>
  modules.length <= 2 ? modules.join(', ') : `${modules[0]} and ${modules.length - 1} more`

function cureOf(config: RunConfig, still: number, all: number): string {
  if (config.magnitude_lr_ratio === 0) return 'magnitude_lr_ratio is 0, which freezes m: start again with 1.'
  if (still < all) return 'Leave them out of target_modules (they get no gradient), or raise magnitude_lr_ratio.'
  return `Stop the run and start it again with a higher learning_rate (now ${formatNumber(config.learning_rate)}) or magnitude_lr_ratio (now ${formatNumber(config.magnitude_lr_ratio)}); without m, DoRA is LoRA.`
}

/** Whether the trained magnitudes m move; null for runs that train none, or do not measure it. */
export function magnitudeHealth(config: RunConfig, snapshot: MetricSnapshot): MagnitudeHealth | null {
  if (!hasMagnitude(config)) return null
  const series = seriesOf(snapshot, 'delta_m')
  const rates = pointsOf(snapshot, 'learning_rate')
  const firstStep = rates.find(({ max }) => max > 0)?.step
  const last = series.reduce((step, { points }) => Math.max(step, points.at(-1)?.step ?? 0), 0)
  if (firstStep === undefined || last - firstStep < PATIENCE) {
    const text = `Whether m moves is judged after ${PATIENCE} steps.`
    return { kind: 'waiting', text, cure: '', modules: [] }
  }
  const highest = rates.reduce((most, { step, max }) => (step <= last ? Math.max(most, max) : most), 0)
  const least = SHARE_OF_A_STEP * highest * (config.magnitude_lr_ratio || 1)
  const modules = series.filter(({ points }) => (points.at(-1)?.value ?? 0) < least).map(({ module }) => module)
  const at = `at step ${formatCount(last)}`
  if (modules.length === 0) {
    const mean = series.reduce((sum, { points }) => sum + (points.at(-1)?.value ?? 0), 0) / series.length
    return { kind: 'moving', text: `m moves in every module: mean ΔM ${formatNumber(mean)} ${at}.`, cure: '', modules }
  }
  const who = modules.length === series.length ? 'any module' : `${modules.length} of ${series.length} modules`
  const text = `m does not move in ${who} ${at}${modules.length === series.length ? '' : `: ${shorten(modules)}`}.`
  return { kind: 'still', text, cure: cureOf(config, modules.length, series.length), modules }
}
