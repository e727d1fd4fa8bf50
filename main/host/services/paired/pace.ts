type Answered = { readonly done: number; readonly total: number }
/** A model from its opening on, in seconds of the clock. `warm`: the first report after warming up. */
type Stretch = Answered & {
  readonly openedAt: number
  readonly at: number
  readonly warm: { readonly at: number; readonly done: number } | null
}

/** The first answers take many times as long as those after them: no measure of what is to come. */
const WARM_UP = 3

/**
 * Seconds that two models, asked one after the other, still take. What is known of the first is expected of the second:
 * the same time to open and to warm up, the same for an example.
 */
export function createPace(now: () => number = () => performance.now() / 1000) {
  const stretches: Stretch[] = []
  return {
    opens: () => void stretches.push({ openedAt: now(), at: now(), done: 0, total: 0, warm: null }),
    /** Of the one that was opened last. */
    answered({ done, total }: Answered): void {
      const { openedAt, warm } = stretches.pop() as Stretch
      const at = now()
      stretches.push({ openedAt, at, done, total, warm: warm ?? (done >= WARM_UP ? { at, done } : null) })
    },
    /** Null while there is nothing to tell it by. */
    left(): number | null {
      const [first, second] = stretches
      if (first === undefined) return null
      if (second === undefined) return sum(ownLeft(first), wholeLike(first))
      return ownLeft(second) ?? sum(wholeLike(first), second.openedAt - now())
    },
  }
}

const sum = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(0, a + b)

const perExample = ({ warm, at, done }: Stretch): number | null =>
  warm === null || done === warm.done ? null : (at - warm.at) / (done - warm.done)

function ownLeft(stretch: Stretch): number | null {
  const each = perExample(stretch)
  return each === null ? null : each * (stretch.total - stretch.done)
}

/** What another one takes from its opening to its last answer. */
function wholeLike({ openedAt, warm, total, ...rest }: Stretch): number | null {
  const each = perExample({ openedAt, warm, total, ...rest })
  return each === null || warm === null ? null : warm.at - openedAt + each * (total - warm.done)
}
