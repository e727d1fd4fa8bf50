import { accuracyChart } from './accuracy.tsx'
import type { ChartSpec } from './chart.ts'
import { decompositionChart } from './decomposition.tsx'
import { deltaDChart } from './delta-d.tsx'
import { deltaMChart } from './delta-m.tsx'
import { gainSpreadChart } from './gain-spread.tsx'
import { gradientNormChart } from './gradient-norm.tsx'
import { learningRateChart } from './learning-rate.tsx'
import { lossChart } from './loss.tsx'
import { throughputChart } from './throughput.tsx'

/** Every chart of a run, in the order they are drawn. */
export const CHARTS = [
  lossChart,
  accuracyChart,
  learningRateChart,
  gradientNormChart,
  throughputChart,
  deltaMChart,
  deltaDChart,
  decompositionChart,
  gainSpreadChart,
] as const satisfies readonly ChartSpec[]
