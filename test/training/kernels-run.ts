import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { metric, smallRun, train } from './run-harness.ts'

/** `kernels-run.ts FOLDER`: a short run on TensorFlow; prints whether there were kernels, and the losses. */
const [folder = ''] = process.argv.slice(2)
const backend = await tensorflowBackend({ device: 'cpu', xla: false })
const { config, runFolder } = smallRun(folder, { max_steps: 4 })
const reports = await train(backend, config, runFolder)
const losses = ['train_loss', 'eval_loss'].flatMap((name) => metric(reports, name).map(([, , value]) => value))
console.log(JSON.stringify({ kernels: [...(backend.kernels ?? [])], losses }))
