/** What the host has said it has stored, by step. */
export function createReceipts() {
  let newest = -1
  let waiting: { readonly step: number; readonly settle: () => void }[] = []
  return {
    /** Settles once the checkpoint of a step, or a later one, is in the history. */
    of: (step: number): Promise<void> =>
      new Promise((settle) => {
        if (step <= newest) settle()
        else waiting.push({ step, settle })
      }),
    came(step: number): void {
      newest = Math.max(newest, step)
      for (const { settle } of waiting.filter((one) => one.step <= newest)) settle()
      waiting = waiting.filter((one) => one.step > newest)
    },
  }
}
