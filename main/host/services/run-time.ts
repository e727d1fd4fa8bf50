import type { MachineSpeed } from '../../../shared/domain/machine-speed.ts'
import type { RunWork } from '../../../shared/domain/run-preview.ts'

/**
 * What training reaches of the speed that the measuring programs reach, by kind of work: its matrices are of all shapes, those
 * of attention are laid out anew around their products, and some elementwise nodes are fused. Fitted to the steps of `npm run bench -- estimate`.
 */
const SHARES: Readonly<Record<keyof MachineSpeed, number>> = {
  products: 0.84,
  bfloat16Products: 0.88,
  stacks: 0.47,
  bytes: 1.1,
}
/** Seconds that a backend spends on a node beside computing it; fitted to the same. */
const NODE_SECONDS = 1.2e-5
/** Until the first step: processes start, weights are read, the graph is optimised. */
export const START_SECONDS = 4

/** Seconds that work takes, one kind after the other: each of them uses all of the machine that it can use. */
export function secondsOf(work: RunWork, speed: MachineSpeed): number {
  const kinds = Object.keys(SHARES) as (keyof MachineSpeed)[]
  const moved = kinds.reduce((sum, kind) => sum + work[kind] / (SHARES[kind] * speed[kind]), 0)
  return moved + NODE_SECONDS * work.nodes
}

/** A processor with two cores; for parts of a run beside another part whose time is known. */
export const USUAL_SPEED: MachineSpeed = { products: 2e11, bfloat16Products: 2e11, stacks: 1.5e11, bytes: 4e10 }

/** How much slower work is than it was expected to be. */
export const paceOf = (seconds: number, expected: number): number => (expected > 0 ? seconds / expected : 1)
