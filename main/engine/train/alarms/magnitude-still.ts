import {
  leastMagnitudeMove,
  MAGNITUDE_PATIENCE,
  magnitudeCure,
  magnitudeText,
  trainsMagnitude,
} from '../../../../shared/domain/magnitude.ts'
import type { Watch, WatchRequest } from './watch.ts'

/** Trained magnitudes that stay where they started. */
export function magnitudeStill({ config, modules }: WatchRequest): Watch {
  if (!trainsMagnitude(config)) return {}
  let [first, highestRate]: [number | null, number] = [null, 0]
  return {
    step: ({ step, learningRate }) => {
      if (learningRate > 0) first ??= step
      highestRate = Math.max(highestRate, learningRate)
      return undefined
    },
    trajectory: (step, trajectory) => {
      const moves = trajectory.get('delta_m')
      if (!moves || first === null || step - first < MAGNITUDE_PATIENCE) return undefined
      const least = leastMagnitudeMove(config, highestRate)
      const still = modules.filter((_, i) => (moves[i] ?? 0) < least)
      if (still.length === 0) return null
      return {
        message: magnitudeText(still, modules.length, step),
        hint: magnitudeCure(config, still.length, modules.length),
      }
    },
  }
}
