import { useState } from 'react'

/** The first of values that are the same for the reader: what it is given to then need not be drawn again. */
export function useSame<T>(value: T, same: (a: T, b: T) => boolean): T {
  const [held, setHeld] = useState(value)
  if (held === value) return held
  if (same(held, value)) return held
  setHeld(value)
  return value
}
