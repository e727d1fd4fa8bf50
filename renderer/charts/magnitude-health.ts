import { leastMagnitudeMove, MAGNITUDE_PATIENCE, magnitudeCure, magnitudeText } from '../../shared/domain/magnitude.ts'
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

/** Whether the trained magnitudes m move; null for runs that train none, or do not measure it. */
export function magnitudeHealth(config: RunConfig, snapshot: MetricSnapshot): MagnitudeHealth | null {
  if (!hasMagnitude(config)) return null
  const series = seriesOf(snapshot, 'delta_m')
  const rates = pointsOf(snapshot, 'learning_rate')
  const firstStep = rates.find(({ max }) => max > 0)?.step
  const last = series.reduce((step, { points }) => Math.max(step, points.at(-1)?.step ?? 0), 0)
  if (firstStep === undefined || last - firstStep < MAGNITUDE_PATIENCE) {
    const text = `Whether m moves is judged after ${MAGNITUDE_PATIENCE} steps.`
    return { kind: 'waiting', text, cure: '', modules: [] }
  }
  const highest = rates.reduce((most, { step, max }) => (step <= last ? Math.max(most, max) : most), 0)
  const least = leastMagnitudeMove(config, highest)
  const modules = series.filter(({ points }) => (points.at(-1)?.value ?? 0) < least).map(({ module }) => module)
  const at = `at step ${formatCount(last)}`
  if (modules.length === 0) {
    const mean = series.reduce((sum, { points }) => sum + (points.at(-1)?.value ?? 0), 0) / series.length
    return { kind: 'moving', text: `m moves in every module: mean ΔM ${formatNumber(mean)} ${at}.`, cure: '', modules }
  }
  const [text, cure] = [
    magnitudeText(modules, series.length, last),
    magnitudeCure(config, modules.length, series.length),
  ]
  return { kind: 'still', text, cure, modules }
}
