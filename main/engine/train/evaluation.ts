import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Batch } from '../data/batches.ts'
import type { Values } from '../ir/executable.ts'

/** What a model is judged by; which of them depends on the task. */
export const JUDGEMENTS = ['loss', 'accuracy', 'perplexity', 'f1', 'pearson', 'spearman'] as const
export type EvalResult = { readonly loss: number } & {
  /**
   * accuracy: share of rows whose labels were all predicted (language models), of labels (classes), or of texts that
   * found their partner. f1: macro, over classes that occur. pearson, spearman: of scores with the numbers wanted.
   */
  readonly [name in Exclude<(typeof JUDGEMENTS)[number], 'loss'>]?: number
}

type Outputs = Readonly<Record<string, Values>>
export type Tally = { add(batch: Batch, outputs: Outputs): void; result(): EvalResult }

/** Counts over all batches of an evaluation. */
export function tallyFor(config: RunConfig): Tally {
  const judge = judgeOf(config)
  const totals = { loss: 0, labels: 0 }
  return {
    add: (batch, outputs) => {
      totals.loss += outputs.lossSum?.[0] as number
      totals.labels += batch.labelCount
      judge.add(batch, outputs)
    },
    result: () => {
      const loss = totals.loss / totals.labels
      return { loss, ...judge.result(loss) }
    },
  }
}

type Judge = { add(batch: Batch, outputs: Outputs): void; result(loss: number): Omit<EvalResult, 'loss'> }

function judgeOf({ task_type: task, problem_type: problem }: RunConfig): Judge {
  if (task === 'CAUSAL_LM') return wholeRows(true)
  if (task === 'FEATURE_EXTRACTION') return problem === 'regression' ? correlations() : wholeRows(false)
  if (task === 'TOKEN_CLS' || problem === 'single_label_classification') return classes()
  return problem === 'regression' ? correlations() : manyLabels()
}

/** A row is right when every label of it was the most likely one: what greedy decoding would have written. */
function wholeRows(perplexity: boolean): Judge {
  const totals = { rows: 0, right: 0 }
  return {
    add: (batch, { hits }) => {
      const missed = new Set<number>()
      ;(hits as Float32Array).forEach((hit, i) => {
        if (hit === 0 && (batch.labelWeights[i] as number) > 0) missed.add(batch.labelRows[i] as number)
      })
      totals.rows += batch.rows
      totals.right += batch.rows - missed.size
    },
    result: (loss) => ({
      accuracy: totals.right / totals.rows,
      ...(perplexity && { perplexity: Math.min(Math.exp(loss), Number.MAX_VALUE) }),
    }),
  }
}

/** Calls `visit` for every label that counts. */
function eachLabel(batch: Batch, visit: (slot: number) => void): void {
  batch.labelWeights.forEach((weight, slot) => {
    if (weight > 0) visit(slot)
  })
}

type Counts = { right: number; predicted: number; real: number }

/** Mean F1 of the classes that were predicted or real. */
function macroF1(counts: Iterable<Counts>): number {
  const scores = [...counts].map(({ right, predicted, real }) => (2 * right) / (predicted + real))
  return scores.reduce((total, score) => total + score, 0) / scores.length
}

function classes(): Judge {
  const counts = new Map<number, Counts>()
  const of = (one: number): Counts => {
    const known = counts.get(one) ?? { right: 0, predicted: 0, real: 0 }
    counts.set(one, known)
    return known
  }
  const totals = { labels: 0, right: 0 }
  return {
    add: (batch, { predicted }) =>
      eachLabel(batch, (slot) => {
        const [guess, wanted] = [predicted?.[slot] as number, batch.labelTargets[slot] as number]
        totals.labels += 1
        of(guess).predicted += 1
        of(wanted).real += 1
        if (guess !== wanted) return
        totals.right += 1
        of(guess).right += 1
      }),
    result: () => ({ accuracy: totals.right / totals.labels, f1: macroF1(counts.values()) }),
  }
}

/** Each label is its own question, answered with yes above 0. Accuracy: rows of which all answers are right. */
function manyLabels(): Judge {
  const counts = new Map<number, Counts>()
  const totals = { rows: 0, right: 0 }
  return {
    add: (batch, { scores }) => {
      const wanted = batch.extra?.labelValues as Float32Array
      const columns = wanted.length / batch.labelWeights.length
      eachLabel(batch, (slot) => {
        let allRight = true
        for (let c = 0; c < columns; c++) {
          const [yes, real] = [(scores?.[slot * columns + c] as number) > 0, wanted[slot * columns + c] === 1]
          const known = counts.get(c) ?? { right: 0, predicted: 0, real: 0 }
          counts.set(c, known)
          known.predicted += yes ? 1 : 0
          known.real += real ? 1 : 0
          known.right += yes && real ? 1 : 0
          allRight &&= yes === real
        }
        totals.rows += 1
        totals.right += allRight ? 1 : 0
      })
    },
    result: () => {
      const occurring = [...counts.values()].filter(({ predicted, real }) => predicted + real > 0)
      return { accuracy: totals.right / totals.rows, ...(occurring.length > 0 && { f1: macroF1(occurring) }) }
    },
  }
}

function correlations(): Judge {
  const [got, wanted]: [number[], number[]] = [[], []]
  return {
    add: (batch, { scores }) =>
      eachLabel(batch, (slot) => {
        got.push(scores?.[slot] as number)
        wanted.push(batch.extra?.labelValues?.[slot] as number)
      }),
    result: () => {
      const [linear, ranked] = [pearson(got, wanted), pearson(ranks(got), ranks(wanted))]
      // Undefined where one side does not vary: then there is nothing to report.
      return { ...(linear !== null && { pearson: linear }), ...(ranked !== null && { spearman: ranked }) }
    },
  }
}

/** Pearson's correlation, or null where one side is constant. */
export function pearson(a: readonly number[], b: readonly number[]): number | null {
  const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  const sums = { ab: 0, aa: 0, bb: 0 }
  a.forEach((value, i) => {
    const [x, y] = [value - ma, (b[i] as number) - mb]
    sums.ab += x * y
    sums.aa += x * x
    sums.bb += y * y
  })
  return sums.aa === 0 || sums.bb === 0 ? null : sums.ab / Math.sqrt(sums.aa * sums.bb)
}

/** Ranks from 1; equal values share the mean of theirs (as for Spearman's correlation). */
export function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, k) => (values[i] as number) - (values[k] as number))
  const result = new Array<number>(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to++
    for (let i = from; i <= to; i++) result[order[i] as number] = (from + to) / 2 + 1
    from = to + 1
  }
  return result
}
