import type { MethodKind } from '../../../shared/domain/method.ts'
import type { AdapterMethod } from './adapter.ts'
import { full } from './full.ts'
import { dora, lora } from './lora.ts'

/** Every adapter method by its kind; the conformance tests loop over it. */
export const ADAPTERS = { dora, lora, full } as const satisfies Record<MethodKind, AdapterMethod>
