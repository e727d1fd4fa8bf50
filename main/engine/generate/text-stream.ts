/** Turns tokens into text as they come. */
export type TextStream = {
  /** Text that is certain now; `stopped` once a stop string has appeared (it and what follows are left out). */
  readonly push: (id: number) => { readonly text: string; readonly stopped: boolean }
  /** What was held back, at the end of the answer. */
  readonly end: () => string
}

/**
 * Holds back bytes of an unfinished character (they decode to U+FFFD) and whatever may be the beginning of a stop
 * string; leaves out `lead` where the text begins with it. All tokens are decoded anew each time: decoders join tokens
 * in ways that pieces would not show.
 */
export function textStream(
  decode: (ids: readonly number[]) => string,
  stops: readonly string[],
  lead = '',
): TextStream {
  const ids: number[] = []
  const wanted = stops.filter((stop) => stop !== '')
  let text = ''
  let told = 0
  const tell = (until: number) => {
    const piece = text.slice(told, until)
    told = Math.max(told, until)
    return piece
  }
  return {
    push: (id) => {
      ids.push(id)
      text = withoutLead(decode(ids), lead)
      const found = wanted.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
      if (found.length > 0) {
        const end = Math.min(...found)
        text = text.slice(0, end)
        return { text: tell(end), stopped: true }
      }
      const whole = text.replace(/\uFFFD+$/, '')
      return { text: tell(whole.length - heldBack(whole, wanted)), stopped: false }
    },
    end: () => tell(text.length),
  }
}

/** Nothing is certain of a text that may yet turn out to begin with `lead`. */
const withoutLead = (text: string, lead: string): string =>
  text.startsWith(lead) ? text.slice(lead.length) : lead.startsWith(text) ? '' : text

/** Length of the longest end of the text that a stop string begins with. */
function heldBack(text: string, stops: readonly string[]): number {
  const lengths = stops.map((stop) => {
    for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(stop.slice(0, length))) return length
    }
    return 0
  })
  return Math.max(0, ...lengths)
}
