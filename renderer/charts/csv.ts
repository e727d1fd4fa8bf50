import type { MetricName, Series } from '../../shared/domain/metric.ts'

/** The exact series of one run, and its name in the file. */
export type CsvSource = { readonly run: string; readonly series: readonly Series[] }

type Row = { readonly step: number; readonly module: string; wallMs: number; readonly values: Map<MetricName, number> }

/** Names of runs are free text; a leading sign would make a formula of it in a spreadsheet. */
export function csvText(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

function rowsOf(series: readonly Series[]): Row[] {
  const rows = new Map<string, Row>()
  for (const { name, module, points } of series) {
    for (const { step, value, wallMs } of points) {
      const key = `${step} ${module}`
      const row = rows.get(key) ?? { step, module, wallMs, values: new Map() }
      row.wallMs = Math.max(row.wallMs, wallMs)
      row.values.set(name, value)
      rows.set(key, row)
    }
  }
  return [...rows.values()].sort((a, b) => a.step - b.step)
}

/**
 * Every stored value in full precision, one row a step (and module): `step,time,<metric>…`, with a column `run` where
 * there are several. Pieces of text, to be joined: a million rows do not fit well in one.
 */
export function csvParts(sources: readonly CsvSource[], names: readonly MetricName[]): string[] {
  const several = sources.length > 1
  const byModule = sources.some(({ series }) => series.some(({ module }) => module !== ''))
  const head = [...(several ? ['run'] : []), 'step', 'time', ...(byModule ? ['module'] : []), ...names]
  const parts = [`${head.join(',')}\r\n`]
  for (const { run, series } of sources) {
    for (const { step, wallMs, module, values } of rowsOf(series)) {
      const cells = [
        ...(several ? [csvText(run)] : []),
        String(step),
        new Date(wallMs).toISOString(),
        ...(byModule ? [csvText(module)] : []),
        ...names.map((name) => values.get(name) ?? ''),
      ]
      parts.push(`${cells.join(',')}\r\n`)
    }
  }
  return parts
}
