import { runCommand } from './command.ts'

const MEBIBYTE = 2 ** 20

/** Free bytes of the card that has most; null where nvidia-smi does not tell. */
export async function freeGpuMemory(): Promise<number | null> {
  const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits']
  const result = await runCommand('nvidia-smi', query, { timeoutMs: 10_000 })
  return result.code === 0 ? parseFreeMemory(result.output) : null
}

/** A line a card, in MiB; lines of another form are passed over. Which of several computes is the driver's to decide. */
export function parseFreeMemory(text: string): number | null {
  const cards = text.split('\n').flatMap((line) => (/^\s*\d+\s*$/.test(line) ? [Number(line) * MEBIBYTE] : []))
  return cards.length === 0 ? null : cards.reduce((most, one) => Math.max(most, one), 0)
}
