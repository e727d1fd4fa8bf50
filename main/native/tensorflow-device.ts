import { z } from 'zod'
import type { loadTensorflow } from './load-tensorflow.ts'

const backendSchema = z.object({
  isUsingGpuDevice: z.boolean(),
  binding: z.object({ TF_Version: z.string() }),
})

/** Version of the loaded libtensorflow and whether its products run on a GPU (tfjs-node keeps both out of its types). */
export function tensorflowDevice(tf: Awaited<ReturnType<typeof loadTensorflow>>): { version: string; gpu: boolean } {
  const backend = backendSchema.parse(tf.backend())
  return { version: backend.binding.TF_Version, gpu: backend.isUsingGpuDevice }
}
