// Started by probe.ts: loads the library, multiplies two small matrices, prints what was found.
import { loadTensorflow } from './load-tensorflow.ts'
import { tensorflowDevice } from './tensorflow-device.ts'

const tf = await loadTensorflow()
const product = tf.matMul(tf.ones([8, 8]), tf.ones([8, 8])).dataSync()
if (product.some((value) => value !== 8)) throw new Error(`error: a product of ones gave ${product[0]}, wanted 8`)
console.log(JSON.stringify(tensorflowDevice(tf)))
