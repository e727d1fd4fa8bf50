import type { Watch, WatchRequest } from './watch.ts'

/** Steps in a row, so that one easy batch is no alarm. */
const PATIENCE = 10

/**
 * Adam divides a gradient by its own size plus epsilon (Kingma and Ba, arXiv 1412.6980, algorithm 1): once the typical
 * gradient is below epsilon, steps shrink to nothing whatever the learning rate says.
 */
export function gradientsVanished({ config, trainableParameters }: WatchRequest): Watch {
  const least = config.adam_epsilon * Math.sqrt(Math.max(1, trainableParameters))
  let since: number | null = null
  return {
    step: ({ step, gradNorm, learningRate }) => {
      if (gradNorm >= least || learningRate === 0) {
        since = null
        return null
      }
      since ??= step
      if (step - since + 1 < PATIENCE) return undefined
      return {
        message: `The gradient norm is ${gradNorm.toExponential(1)} since step ${since}: a typical gradient is smaller than adam_epsilon, so nothing is learnt any more.`,
        hint: 'Stop the run. A loss near 0 means that the data is learnt by heart; a high one, that the weights have saturated: start again with a lower learning_rate.',
      }
    },
  }
}
