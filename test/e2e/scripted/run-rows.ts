import type { MetricName, MetricRow } from '../../../shared/domain/metric.ts'

const LAYERS = 6
const MODULES = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'mlp.up_proj', 'mlp.down_proj'] as const

/** Repeatable noise in -1 to 1. */
const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453
  return 2 * (x - Math.floor(x)) - 1
}

function moduleRows(step: number, total: number, wallMs: number): MetricRow[] {
  const share = 1 - Math.exp((-3 * step) / total)
  const embedding: MetricRow = { step, name: 'delta_d', module: 'model.embed_tokens', value: 0.01 * share, wallMs }
  const ofLayers = Array.from({ length: LAYERS }, (_, layer) => layer).flatMap((layer) =>
    MODULES.flatMap((name, i) => {
      const module = `model.layers.${layer}.${name}`
      const deltaD = share * (0.02 + 0.006 * layer + 0.004 * i) * (1 + 0.1 * noise(layer * 7 + i))
      const deltaM = Math.max(0.002 * share, share * (0.03 - 0.6 * deltaD) * (1 + 0.15 * noise(layer + i * 3)))
      const row = (metric: MetricName, value: number): MetricRow => ({ step, name: metric, module, value, wallMs })
      return [
        row('delta_d', deltaD),
        row('delta_m', deltaM),
        row('gain_mean', 1 + deltaM),
        row('gain_std', 0.6 * deltaM),
      ]
    }),
  )
  return [...ofLayers, embedding, { ...embedding, name: 'delta_m', value: 0.005 * share }]
}

/** Rows of one step, shaped like those of a real run: falling noisy loss, linear schedule, magnitudes that saturate. */
export function scriptedRows(step: number, total: number, wallMs: number): MetricRow[] {
  const loss = 0.35 + 2.2 * Math.exp((-5 * step) / total) + 0.18 * noise(step)
  const row = (name: MetricName, value: number): MetricRow => ({ step, name, module: '', value, wallMs })
  const rows = [
    row('train_loss', loss),
    row('learning_rate', 2e-3 * Math.min(1, step / 30) * (1 - step / total)),
    row('grad_norm', 0.8 + 2 * Math.exp(-step / 80) + 0.3 * noise(step + 0.5)),
    row('tokens_per_second', 5200 + 300 * noise(step + 0.2)),
    row('step_seconds', 0.16 + 0.01 * noise(step + 0.7)),
    row('epoch', (step / total) * 2),
    row('tokens', step * 820),
    row('memory_bytes', 1.1e9 + 2e6 * noise(step + 0.3)),
  ]
  if (step % 50 === 0 || step === total) {
    rows.push(row('eval_loss', loss + 0.06), row('eval_accuracy', 0.125 + 0.62 * (1 - Math.exp((-5 * step) / total))))
  }
  if (step === total) rows.push(row('test_loss', 0.52), row('test_accuracy', 0.731))
  return step % 10 === 0 || step === 1 ? [...rows, ...moduleRows(step, total, wallMs)] : rows
}
