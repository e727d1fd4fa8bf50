// Started by probe.ts: loads the library, multiplies two small matrices, prints what was found. With the file of the kernels
// as its argument it also registers them and has them compute.
import { toErrorData } from '../../shared/domain/error.ts'
import { loadKernelsFrom } from './load-kernels.ts'
import { loadTensorflow } from './load-tensorflow.ts'
import { tensorflowDevice } from './tensorflow-device.ts'
import { tryKernels } from './try-kernels.ts'

async function tryAll(kernels: string | undefined): Promise<string> {
  const tf = await loadTensorflow()
  const product = tf.matMul(tf.ones([8, 8]), tf.ones([8, 8])).dataSync()
  if (product.some((value) => value !== 8)) throw new Error(`a product of ones gave ${product[0]}, wanted 8`)
  if (kernels !== undefined) {
    loadKernelsFrom(kernels)
    tryKernels(tf)
  }
  return JSON.stringify(tensorflowDevice(tf))
}

try {
  console.log(await tryAll(process.argv[2]))
} catch (thrown) {
  console.error(`error: ${toErrorData(thrown).message}`)
  process.exitCode = 1
}
