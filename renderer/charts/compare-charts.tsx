import type { MetricName } from '../../shared/domain/metric.ts'
import type { CardInfo } from './chart-card.tsx'
import type { CompareProps, CompareSpec } from './compare-chart.ts'
import { CompareLines, modulePoints, type PointPicker, runPoints } from './compare-lines.tsx'
import { CompareScatter } from './compare-scatter.tsx'
import { COUNTS, type Figures, LOSSES, NUMBERS, SHARES } from './figures.ts'

type LineOptions = Omit<CardInfo, 'metrics'> & {
  readonly metric: MetricName
  readonly figures?: Figures
  readonly smooth?: boolean
  readonly dots?: boolean
  readonly include?: readonly number[]
  /** Default: the metric of the run. */
  readonly pick?: (name: MetricName) => PointPicker
}

const NO_BOUNDS: readonly number[] = []
const FROM_ZERO: readonly number[] = [0]
const SHARE: readonly number[] = [0, 1]

function lines({ metric, pick = runPoints, figures = NUMBERS, smooth = false, dots = false, ...rest }: LineOptions) {
  const { include = NO_BOUNDS, ...info } = rest
  const picker = pick(metric)
  const component = (props: CompareProps) => (
    <CompareLines
      {...props}
      name={info.title}
      pick={picker}
      figures={figures}
      smooth={smooth}
      dots={dots}
      include={include}
    />
  )
  return { ...info, metrics: [metric], component } satisfies CompareSpec
}

/** Every chart of a comparison, in the order they are drawn. */
export const COMPARE_CHARTS = [
  lines({
    id: 'compare-train-loss',
    title: 'Training loss',
    caption: 'nats per trained token',
    metric: 'train_loss',
    figures: LOSSES,
    smooth: true,
    wide: true,
  }),
  lines({
    id: 'compare-eval-loss',
    title: 'Validation loss',
    caption: 'nats per token',
    metric: 'eval_loss',
    figures: LOSSES,
    dots: true,
  }),
  lines({
    id: 'compare-accuracy',
    title: 'Validation accuracy',
    caption: 'answers fully right',
    metric: 'eval_accuracy',
    figures: SHARES,
    dots: true,
    include: SHARE,
  }),
  lines({
    id: 'compare-learning-rate',
    title: 'Learning rate',
    caption: 'of the schedule',
    metric: 'learning_rate',
    include: FROM_ZERO,
  }),
  lines({
    id: 'compare-gradient-norm',
    title: 'Gradient norm',
    caption: 'before clipping',
    metric: 'grad_norm',
    smooth: true,
    include: FROM_ZERO,
  }),
  lines({
    id: 'compare-delta-m',
    title: 'Magnitude ΔM',
    caption: 'mean over all modules',
    metric: 'delta_m',
    pick: modulePoints,
    include: FROM_ZERO,
  }),
  lines({
    id: 'compare-delta-d',
    title: 'Direction ΔD',
    caption: 'mean over all modules',
    metric: 'delta_d',
    pick: modulePoints,
    include: FROM_ZERO,
  }),
  lines({
    id: 'compare-throughput',
    title: 'Throughput',
    caption: 'tokens per second',
    metric: 'tokens_per_second',
    figures: COUNTS,
    smooth: true,
    include: FROM_ZERO,
  }),
  {
    id: 'compare-decomposition',
    title: 'ΔM against ΔD',
    caption: 'of each module, with the fitted line',
    metrics: ['delta_m', 'delta_d'],
    wide: true,
    component: CompareScatter,
  },
] as const satisfies readonly CompareSpec[]
