export type Scale = { readonly domain: readonly [number, number]; readonly ticks: readonly number[] }

/** 1, 2 or 5 times a power of ten: the step that gives at most `count` intervals. */
function niceStep(span: number, count: number): number {
  const raw = span / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const factor = [1, 2, 5, 10].find((f) => f * power >= raw * (1 - 1e-9)) ?? 10
  return factor * power
}

/** Domain widened to round ticks, so that it moves in few steps while data streams in. */
export function linearScale(min: number, max: number, count = 4): Scale {
  // Values that differ by rounding alone would give ticks that are all the same number.
  const flat = max - min <= 1e-9 * Math.max(Math.abs(min), Math.abs(max))
  const low = flat ? min - (Math.abs(min) || 1) / 2 : min
  const high = flat ? max + (Math.abs(max) || 1) / 2 : max
  const step = niceStep(high - low, count)
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
  return { domain: [ticks[0] as number, ticks.at(-1) as number], ticks }
}

/** More labels than this would run into each other. */
const MOST_LOG_TICKS = 6

function logTicks(min: number, max: number, factors: readonly number[]): number[] {
  const all: number[] = []
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const factor of factors) all.push(Number((factor * 10 ** power).toPrecision(3)))
  }
  const from = Math.max(
    0,
    all.findLastIndex((tick) => tick <= min * (1 + 1e-9)),
  )
  const to = all.findIndex((tick) => tick >= max * (1 - 1e-9))
  return all.slice(from, (to === -1 ? all.length - 1 : to) + 1)
}

/** For positive numbers: ticks at 1, 2 and 5 times the powers of ten, at the powers alone where those are too many. */
export function logScale(min: number, max: number): Scale {
  // One value alone still needs an axis of some length.
  const [low, high] = min === max ? [min / 2, max * 2] : [min, max]
  const fine = logTicks(low, high, [1, 2, 5])
  const ticks = fine.length > MOST_LOG_TICKS ? logTicks(low, high, [1]) : fine
  return { domain: [ticks[0] as number, ticks.at(-1) as number], ticks }
}

/** Round values inside a range that is kept as it is. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const step = niceStep(Math.max(high - low, Number.EPSILON), count)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}
