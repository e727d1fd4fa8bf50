import { z } from 'zod'

/** Every metric an engine may report. `scope` says whether there is one series a run, or one a module. */
export const METRICS = {
  train_loss: { label: 'Training loss', unit: 'nats/token', scope: 'run' },
  eval_loss: { label: 'Validation loss', unit: 'nats/token', scope: 'run' },
  eval_accuracy: { label: 'Validation accuracy', unit: 'share', scope: 'run' },
  test_loss: { label: 'Test loss', unit: 'nats/token', scope: 'run' },
  test_accuracy: { label: 'Test accuracy', unit: 'share', scope: 'run' },
  /** exp of the loss of a language model. */
  eval_perplexity: { label: 'Validation perplexity', unit: '', scope: 'run' },
  test_perplexity: { label: 'Test perplexity', unit: '', scope: 'run' },
  /** Mean over the classes of the harmonic mean of precision and recall. */
  eval_f1: { label: 'Validation F1 (macro)', unit: 'share', scope: 'run' },
  test_f1: { label: 'Test F1 (macro)', unit: 'share', scope: 'run' },
  eval_pearson: { label: 'Validation correlation (Pearson)', unit: '', scope: 'run' },
  test_pearson: { label: 'Test correlation (Pearson)', unit: '', scope: 'run' },
  eval_spearman: { label: 'Validation rank correlation (Spearman)', unit: '', scope: 'run' },
  test_spearman: { label: 'Test rank correlation (Spearman)', unit: '', scope: 'run' },
  learning_rate: { label: 'Learning rate', unit: '', scope: 'run' },
  grad_norm: { label: 'Gradient norm', unit: '', scope: 'run' },
  epoch: { label: 'Epoch', unit: 'epochs', scope: 'run' },
  tokens: { label: 'Tokens seen', unit: 'tokens', scope: 'run' },
  tokens_per_second: { label: 'Throughput', unit: 'tokens/s', scope: 'run' },
  step_seconds: { label: 'Step time', unit: 's', scope: 'run' },
  memory_bytes: { label: 'Engine memory', unit: 'bytes', scope: 'run' },
  /** dM, paper eq. 3: mean over rows of |m_j - |W0_j||. */
  delta_m: { label: 'ΔM', unit: '', scope: 'module' },
  /** dD, paper eq. 4: mean over rows of 1 - cos(V'_j, W0_j). */
  delta_d: { label: 'ΔD', unit: '', scope: 'module' },
  /** Spread of g = m/n over the rows of a module. */
  gain_mean: { label: 'Mean of g', unit: '', scope: 'module' },
  gain_std: { label: 'Spread of g', unit: '', scope: 'module' },
} as const satisfies Record<string, { label: string; unit: string; scope: 'run' | 'module' }>

/** What depends on the clock and the machine; all other numbers of a run are the same again with the same settings and seed. */
export const MEASURED_METRICS = ['tokens_per_second', 'step_seconds', 'memory_bytes'] as const

export type MetricName = keyof typeof METRICS
export const METRIC_NAMES = Object.keys(METRICS) as [MetricName, ...MetricName[]]
export const metricNameSchema = z.enum(METRIC_NAMES)

/** One number. `module` is '' for metrics of the whole run, else a Hugging Face module path. */
export const metricRowSchema = z.object({
  step: z.number().int().min(0),
  name: metricNameSchema,
  module: z.string().max(300),
  /** NaN and infinity cannot be stored; an engine that meets one stops with an error instead. */
  value: z.number(),
  /** Milliseconds since 1970. */
  wallMs: z.number(),
})
export type MetricRow = z.infer<typeof metricRowSchema>

/**
 * A series thinned to buckets; `step`, `value` and `wallMs` are the bucket's last, `min` and `max` its extremes (equal to
 * `value` where nothing was thinned).
 */
export const seriesSchema = z.object({
  name: metricNameSchema,
  module: z.string(),
  points: z.array(
    z.object({ step: z.number(), value: z.number(), min: z.number(), max: z.number(), wallMs: z.number() }),
  ),
})
export type Series = z.infer<typeof seriesSchema>
