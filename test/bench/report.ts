import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { processorFlags } from '../../main/native/system-facts.ts'

/** Virtual machines give processors of several generations the same name: what this one has beyond, or lacks. */
function processorUnits(): string {
  const flags = processorFlags()
  if (flags?.has('amx_bf16')) return ' with AMX'
  return flags?.has('avx2') && !flags.has('avx512f') ? ' without AVX-512' : ''
}

/** Processor and cores, as every table names where it was measured. */
export const MACHINE = [
  `${cpus()[0]?.model.trim() ?? 'unknown CPU'}${processorUnits()}`,
  `${availableParallelism()} cores`,
].join(', ')

export const RESULTS = join(import.meta.dirname, 'results')

export const today = (): string => new Date().toISOString().slice(0, 10)

export const markdownTable = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** Keeps a table in results/NAME.md, with the figures it was made of in results/NAME.json where given. */
export function keepResult(name: string, markdown: string, figures?: unknown): void {
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, `${name}.md`), `${markdown.trim()}\n`)
  if (figures !== undefined) writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(figures, null, 1)}\n`)
}

/** Prints a table and keeps it. */
export function saveResult(name: string, markdown: string, figures?: unknown): void {
  console.log(`\n${markdown.trim()}\n`)
  keepResult(name, markdown, figures)
}

/** `--name N` of the command line. */
export function numberOption(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}

export const hasOption = (name: string): boolean => process.argv.includes(`--${name}`)
