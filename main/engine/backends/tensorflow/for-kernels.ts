import type { Program } from '../../ir/graph.ts'
import { withHalfLosses } from './half-losses.ts'
import { withLowRankSums } from './low-rank-sums.ts'
import { withPasses } from './passes/fuse.ts'

/** The program as it is computed where the studio's own kernels are (main/native/kernels); `passes`: what chains may have. */
export const forKernels = (program: Program, passes: ReadonlySet<string>): Program =>
  withPasses(withHalfLosses(withLowRankSums(program)), passes)
