import type { Tensor } from '@tensorflow/tfjs-core'

/** Milliseconds until the numbers of what is computed are there. */
export function timeOf(compute: () => Tensor): number {
  const started = performance.now()
  const result = compute()
  result.dataSync()
  const passed = performance.now() - started
  result.dispose()
  return passed
}
