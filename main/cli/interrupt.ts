import { EXIT } from './exit-code.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Whoever presses this often wants out, whatever is lost. */
const GIVE_UP = 4

/** Calls back with 1, 2, … for each Ctrl+C (or request to end); returns the function that restores the default. */
export function onInterrupt(react: (times: number) => void): () => void {
  let times = 0
  const listener = () => {
    times++
    if (times >= GIVE_UP) process.exit(EXIT.interrupted)
    react(times)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
}
