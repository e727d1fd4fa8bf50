import type { MethodKind } from '../../../shared/domain/method.ts'
import type { AdapterMethod } from './adapter.ts'
import { parallel, series } from './bottleneck.ts'
import { full } from './full.ts'
import { dora, lora } from './lora.ts'
import { dvora, vera } from './vera.ts'

/** Every adapter method by its kind; the conformance tests loop over it. */
export const ADAPTERS = { dora, lora, dvora, vera, series, parallel, full } as const satisfies Record<
  MethodKind,
  AdapterMethod
>
