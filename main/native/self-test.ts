import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { toErrorData } from '../../shared/domain/error.ts'
import { loadTensorflow } from './load-tensorflow.ts'
import { tensorflowDevice } from './tensorflow-device.ts'
import { timeOf } from './time-of.ts'

type Core = typeof import('@tensorflow/tfjs-core')

export type SelfTest = {
  readonly backend: 'tensorflow' | 'portable'
  /** libtensorflow's version; empty on the portable backend. */
  readonly version: string
  readonly gpu: boolean
  readonly gflops: number
  /** Why libtensorflow was not used; empty when it was. */
  readonly reason: string
}

const require = createRequire(import.meta.url)

/** Best of five products of two n x n float32 matrices, in GFLOP/s (2 n^3 operations each). */
function productSpeed(tf: Pick<Core, 'matMul' | 'randomUniform'>, n: number): number {
  const [a, b] = [tf.randomUniform([n, n]), tf.randomUniform([n, n])]
  const once = () => timeOf(() => tf.matMul(a, b))
  once()
  const best = Math.min(...Array.from({ length: 5 }, once))
  for (const tensor of [a, b]) tensor.dispose()
  return (2 * n ** 3) / 1e6 / best
}

async function portableSpeed(): Promise<number> {
  const tf: Core = require('@tensorflow/tfjs-core')
  const wasm: typeof import('@tensorflow/tfjs-backend-wasm') = require('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), sep))
  await tf.setBackend('wasm')
  return productSpeed(tf, 512)
}

/** Loads the best backend of this machine into this process and measures it. */
export async function selfTest(): Promise<SelfTest> {
  try {
    const tf = await loadTensorflow()
    return { backend: 'tensorflow', ...tensorflowDevice(tf), gflops: productSpeed(tf, 1024), reason: '' }
  } catch (thrown) {
    const { message } = toErrorData(thrown)
    return { backend: 'portable', version: '', gpu: false, gflops: await portableSpeed(), reason: message }
  }
}
