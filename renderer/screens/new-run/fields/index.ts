import { METHODS } from '../../../../shared/domain/method.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { BASE_FIELDS } from './base.ts'
import { ENGINE_FIELDS } from './engine.ts'
import type { FieldName, FieldSpec } from './field-spec.ts'
import { LOGGING_FIELDS } from './logging.ts'
import { METHOD_FIELDS } from './method.ts'
import { OPTIMISER_FIELDS } from './optimiser.ts'
import { PROMPT_FIELDS } from './prompt.ts'
import { SCHEDULE_FIELDS } from './schedule.ts'
import { SOURCE_FIELDS } from './source.ts'
import { TRAINING_FIELDS } from './training.ts'

export type { FieldName, FieldSpec } from './field-spec.ts'

const SECTIONS = {
  source: SOURCE_FIELDS,
  training: TRAINING_FIELDS,
  method: METHOD_FIELDS,
  base: BASE_FIELDS,
  prompt: PROMPT_FIELDS,
  optimiser: OPTIMISER_FIELDS,
  schedule: SCHEDULE_FIELDS,
  logging: LOGGING_FIELDS,
  engine: ENGINE_FIELDS,
} as const
export type SectionName = keyof typeof SECTIONS

/** One entry a setting; a forgotten one does not compile. */
export const FIELDS = {
  ...SECTIONS.source,
  ...SECTIONS.training,
  ...SECTIONS.method,
  ...SECTIONS.base,
  ...SECTIONS.prompt,
  ...SECTIONS.optimiser,
  ...SECTIONS.schedule,
  ...SECTIONS.logging,
  ...SECTIONS.engine,
} as const satisfies Record<FieldName, FieldSpec>

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[]

/** The fields of a section, in the order they are listed. */
export const fieldsIn = (section: SectionName): FieldName[] => Object.keys(SECTIONS[section]) as FieldName[]

/** Folded sections of the form, in order. */
export const ADVANCED = [
  { section: 'prompt', title: 'Task, prompt and loss' },
  { section: 'optimiser', title: 'Optimiser and seed' },
  { section: 'schedule', title: 'Schedule and length' },
  { section: 'base', title: 'Base model: precision and dropout' },
  { section: 'logging', title: 'Validation, logging and checkpoints' },
  { section: 'engine', title: 'Engine' },
] as const satisfies readonly { section: SectionName; title: string }[]

const BASIC: ReadonlySet<FieldName> = new Set<FieldName>([
  'r',
  'lora_alpha',
  'target_modules',
  'bottleneck_size',
  'num_virtual_tokens',
])

/** The method's own fields: those everyone sets, and the rest. */
export function methodFields(method: RunConfig['method']) {
  const all: readonly FieldName[] = METHODS[method].fields
  return { basic: all.filter((name) => BASIC.has(name)), more: all.filter((name) => !BASIC.has(name)) }
}
