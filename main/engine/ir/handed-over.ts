import type { Values, Written } from './executable.ts'
import { isWrittenPacked, sizeOf, type Variable } from './graph.ts'

/** Type and number of the values that are handed over for a variable: bfloat16 comes as its bits, two to an int32 word. */
export function handedOver(variable: Variable): { readonly dtype: 'float32' | 'int32'; readonly length: number } {
  const size = sizeOf(variable.shape)
  if (isWrittenPacked(variable)) return { dtype: 'int32', length: Math.ceil(size / 2) }
  return { dtype: variable.dtype === 'int32' ? 'int32' : 'float32', length: size }
}

/** What is written into a variable, in an array of its own if it comes as a function. */
export function valuesOf(written: Written, variable: Variable): Values {
  if (typeof written !== 'function') return written
  const values = arrayFor(variable)
  written(values)
  return values
}

/** An array for what is handed over for a variable. */
export function arrayFor(variable: Variable): Values {
  const { dtype, length } = handedOver(variable)
  return dtype === 'int32' ? new Int32Array(length) : new Float32Array(length)
}
