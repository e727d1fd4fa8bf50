/**
 * Where the page was scrolled to, kept with each entry of the browser's history, so that back, forward and a reload find
 * it again. The browser's own way comes too early: what a screen shows is asked of the host first.
 */
const SAVE_AFTER_MS = 100
/** What has not come by then leaves the page where it is. */
const PATIENCE_MS = 5_000
/** Whoever does one of these has a place of their own in mind. */
const OWN_MOVES = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const

const recordOf = (state: unknown): Readonly<Record<string, unknown>> =>
  typeof state === 'object' && state !== null ? { ...state } : {}

/** Pixels from the top, as this entry of the history was left; null for one that is new. */
export function keptPosition(): number | null {
  const { scroll } = recordOf(history.state)
  return typeof scroll === 'number' && Number.isFinite(scroll) && scroll >= 0 ? scroll : null
}

const save = (): void => {
  history.replaceState({ ...recordOf(history.state), scroll: Math.round(scrollY) }, '')
}

/** Keeps the position from now on. Returns the function that ends it. */
export function keepPositions(): () => void {
  history.scrollRestoration = 'manual'
  let pending: ReturnType<typeof setTimeout> | undefined
  const saveNow = () => {
    clearTimeout(pending)
    pending = undefined
    save()
  }
  const onScroll = () => {
    pending ??= setTimeout(saveNow, SAVE_AFTER_MS)
  }
  // A click may lead away before the pause after a scroll is over.
  const onClick = () => pending !== undefined && saveNow()
  addEventListener('scroll', onScroll, { passive: true })
  addEventListener('click', onClick, true)
  return () => {
    clearTimeout(pending)
    removeEventListener('scroll', onScroll)
    removeEventListener('click', onClick, true)
  }
}

/** Scrolls to a position, again as the page grows until it is long enough. Returns the function that gives up. */
export function restorePosition(position: number): () => void {
  const reach = () => {
    scrollTo({ top: position, behavior: 'instant' })
    if (Math.abs(scrollY - position) <= 1) stop()
  }
  const grows = new ResizeObserver(reach)
  const late = setTimeout(() => stop(), PATIENCE_MS)
  const stop = () => {
    clearTimeout(late)
    grows.disconnect()
    for (const move of OWN_MOVES) removeEventListener(move, stop)
  }
  for (const move of OWN_MOVES) addEventListener(move, stop, { passive: true })
  grows.observe(document.body)
  reach()
  return stop
}
