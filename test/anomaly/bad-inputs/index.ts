import type { BadInput } from './bad-input.ts'
import { BAD_CONFIGS } from './configs.ts'
import { BAD_DATA } from './data.ts'
import { BAD_SETTINGS } from './settings.ts'
import { TOO_LARGE } from './too-large.ts'
import { BAD_WEIGHTS } from './weights.ts'

export const BAD_INPUTS: readonly BadInput[] = [
  ...BAD_WEIGHTS,
  ...BAD_CONFIGS,
  ...BAD_DATA,
  ...BAD_SETTINGS,
  ...TOO_LARGE,
]
