/** A model from its opening on, in seconds of the clock. */
type Stretch = { readonly openedAt: number; readonly readyAt: number | null; readonly at: number } & Answered
type Answered = { readonly done: number; readonly total: number }

/**
 * Seconds that two models, asked one after the other, still take. What is known of the first is expected of the second:
 * the same time to open, the same for an example.
 */
export function createPace(now: () => number = () => performance.now() / 1000) {
  const stretches: Stretch[] = []
  return {
    opens: () => void stretches.push({ openedAt: now(), readyAt: null, at: now(), done: 0, total: 0 }),
    /** Of the one that was opened last; at first with none done. */
    answered({ done, total }: Answered): void {
      const { openedAt, readyAt } = stretches.pop() as Stretch
      stretches.push({ openedAt, readyAt: readyAt ?? now(), at: now(), done, total })
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

const perExample = ({ readyAt, at, done }: Stretch): number | null =>
  readyAt === null || done === 0 ? null : (at - readyAt) / done

function ownLeft(stretch: Stretch): number | null {
  const each = perExample(stretch)
  return each === null ? null : each * (stretch.total - stretch.done)
}

/** What another one takes from its opening to its last answer. */
function wholeLike(stretch: Stretch): number | null {
  const each = perExample(stretch)
  return each === null ? null : (stretch.readyAt as number) - stretch.openedAt + each * stretch.total
}
