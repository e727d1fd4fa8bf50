import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { LinearSpec } from '../models/model.ts'
import type { AdapterMethod } from './adapter.ts'
import { isMagnitudeOnly, patternValue } from './module-names.ts'

/** Target layers that are treated alike: one rule, one rank, one scale. Their arrays are packed together. */
export type Cell = {
  /** '' for the layers without a setting of their own, so that most runs have short names. */
  readonly name: string
  readonly method: AdapterMethod
  /** The run's configuration with the cell's own r and lora_alpha. */
  readonly config: RunConfig
  readonly linears: readonly LinearSpec[]
}

/** Sorts the target layers into cells, in order of first appearance. */
export function cellsOf(targets: readonly LinearSpec[], method: AdapterMethod, config: RunConfig): Cell[] {
  const cells = new Map<string, { method: AdapterMethod; config: RunConfig; linears: LinearSpec[] }>()
  for (const linear of targets) {
    const [name, rule, own] = ruleOf(linear, method, config)
    const cell = cells.get(name) ?? { method: rule, config: own, linears: [] }
    cell.linears.push(linear)
    cells.set(name, cell)
  }
  return [...cells].map(([name, cell]) => ({ name, ...cell }))
}

function ruleOf(linear: LinearSpec, method: AdapterMethod, config: RunConfig): [string, AdapterMethod, RunConfig] {
  if (method.magnitudeOnly && isMagnitudeOnly(linear, config)) return ['m', method.magnitudeOnly, config]
  const rule = linear.embedding ? (method.embedding ?? method) : method
  const kind = rule === method ? '' : 'embedding'
  const r = patternValue(config.rank_pattern, linear.module, config.r)
  const alpha = patternValue(config.alpha_pattern, linear.module, config.lora_alpha)
  const usual = r === config.r && alpha === config.lora_alpha
  const name = [kind, usual ? '' : `r${r}a${alpha}`].filter(Boolean).join('-')
  return [name, rule, usual ? config : { ...config, r, lora_alpha: alpha }]
}
