import { formatPercent } from '../../shared/domain/amounts.ts'

/** Seconds -> `1:02:03` or `2:03`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const pad = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** 0.7312 -> `73.1%`; null -> `-`. */
export function shareText(share: number | null): string {
  return share === null ? '-' : formatPercent(share)
}

/** Four significant digits; null -> `-`. */
export function numberText(value: number | null): string {
  return value === null ? '-' : Number(value.toPrecision(4)).toString()
}

/** Local date and time to the minute. */
export function timeText(ms: number): string {
  const date = new Date(ms)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`
}

/** Columns as wide as their widest cell; the first row is the head. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
