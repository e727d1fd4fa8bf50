import { fault } from '../../shared/domain/error.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { detectMachine, type Machine } from './machine.ts'

/** What a run says about where it computes. */
export type DeviceChoice = Pick<RunConfig, 'device' | 'xla'>
export const ANY_DEVICE: DeviceChoice = { device: 'auto', xla: false }

/**
 * Environment that TensorFlow reads when its library is loaded: `cpu` hides every GPU, `xla` has clusters of the graph
 * compiled (on the processor too, which needs a flag of its own). Flags for XLA that are set already stand.
 */
export function deviceEnvironment({ device, xla }: DeviceChoice, env = process.env): Record<string, string> {
  return {
    ...(device === 'cpu' && { CUDA_VISIBLE_DEVICES: '-1' }),
    ...(xla && { TF_XLA_FLAGS: env.TF_XLA_FLAGS ?? '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit' }),
  }
}

/** Why a run that asks for a GPU cannot have one. */
export function noGpu(found: string, machine: Machine = detectMachine(), visible = process.env.CUDA_VISIBLE_DEVICES) {
  const hidden = visible !== undefined && (visible === '' || visible.startsWith('-'))
  const hint = () => {
    if (hidden) return `CUDA_VISIBLE_DEVICES is "${visible}", which hides every GPU; unset it.`
    if (machine.nvidia) return 'Run "npm run setup", which fetches the CUDA build, and "npm run cli -- doctor".'
    return 'There is no NVIDIA driver on this machine. Set device to auto or cpu.'
  }
  return fault('native', `This run asks for a GPU (device: gpu), but there is none to compute on: ${found}.`, {
    hint: hint(),
  })
}
