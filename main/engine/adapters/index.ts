import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod, FrontRule } from './adapter.ts'
import { parallel, series } from './bottleneck.ts'
import { full } from './full.ts'
import { dora, lora } from './lora.ts'
import { prefix } from './prefix.ts'
import { dvora, vera } from './vera.ts'

/** Every adapter method by its kind; the conformance tests loop over it. */
export const ADAPTERS = { dora, lora, dvora, vera, series, parallel, prefix, full } as const satisfies Record<
  MethodKind,
  AdapterMethod
>

/** What the method of a run puts in front of the text, if it does. */
export const frontRule = ({ method }: Pick<RunConfig, 'method'>): FrontRule | undefined => {
  const { front }: AdapterMethod = ADAPTERS[method]
  return front
}
