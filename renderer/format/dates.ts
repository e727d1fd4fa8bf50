const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

const dayOf = (ms: number): string => new Date(ms).toDateString()

/** Date and time in the user's own notation. */
export const formatDate = (ms: number): string => full.format(ms)

/** Today's times stand alone; older ones carry the day. */
export const formatWhen = (ms: number, now = Date.now()): string =>
  dayOf(ms) === dayOf(now) ? `Today, ${timeOnly.format(ms)}` : `${shortDay.format(ms)}, ${timeOnly.format(ms)}`
