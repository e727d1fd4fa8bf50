import { FED_OFFSET } from '../../fed-arrays.ts'
import type { Values, Written } from '../../ir/executable.ts'
import type { Variable } from '../../ir/graph.ts'
import { handedOver } from '../../ir/handed-over.ts'

/** Arrays for what is fed in one session call, one behind the other in memory that the next call may have. */
export type Lent = {
  /** What is written into a variable, in lent memory if it comes as a function. */
  valuesOf(written: Written, variable: Variable): Values
  /** The memory may be lent again; what was lent of it is used up. */
  giveBack(): void
}

/**
 * Memory of TensorFlow's inputs that is used again: an array made anew for each weight costs its pages, their zeros and the
 * collection of garbage, more than reading the weight. `close` takes the memory away from whoever still holds an array of it.
 */
export type LentMemory = { lend(): Lent; close(): void }

/** Bytes of memory for values of all these variables in one call. */
export const bytesToLend = (variables: readonly Variable[]): number =>
  variables.reduce((at, variable) => behind(at, handedOver(variable).length), FED_OFFSET)

/** Where the next array begins: the next place that is `FED_OFFSET` behind a boundary of eight bytes. */
const behind = (at: number, length: number): number => at + 8 * Math.ceil(length / 2)

/** `bytes`: the most that one call needs. Nothing is allocated before an array is asked for. */
export function lentMemory(bytes: number): LentMemory {
  const all: ArrayBuffer[] = []
  const free: ArrayBuffer[] = []
  const allocate = () => {
    const buffer = new ArrayBuffer(bytes)
    all.push(buffer)
    return buffer
  }
  return {
    lend: () => {
      let buffer: ArrayBuffer | null = null
      let at = FED_OFFSET
      const array = (variable: Variable): Values => {
        const { dtype, length } = handedOver(variable)
        buffer ??= free.pop() ?? allocate()
        const begin = at
        at = behind(at, length)
        return dtype === 'int32' ? new Int32Array(buffer, begin, length) : new Float32Array(buffer, begin, length)
      }
      return {
        valuesOf: (written, variable) => {
          if (typeof written !== 'function') return written
          const values = array(variable)
          written(values)
          return values
        },
        giveBack: () => {
          if (buffer) free.push(buffer)
          buffer = null
        },
      }
    },
    close: () => {
      for (const buffer of all) buffer.transfer(0)
    },
  }
}
