import { Box, SimpleGrid } from '@mantine/core'
import { FieldInput } from './field-input.tsx'
import { FIELDS, type FieldName } from './fields/index.ts'
import type { TargetNames } from './target-names.ts'
import type { DraftForm } from './use-draft.ts'

const WIDE: ReadonlySet<FieldName> = new Set<FieldName>([
  'run_name',
  'target_modules',
  'prompt_template',
  'adapter_name_or_path',
])
/** A switch says much and asks little: a line of its own, or its words would stand in a column a few words wide. */
const isWide = (name: FieldName): boolean => WIDE.has(name) || FIELDS[name].kind === 'switch'

type Props = {
  readonly names: readonly FieldName[]
  readonly form: DraftForm
  readonly cols?: number
  readonly targets?: TargetNames
}

/** Wide inputs after the narrow ones, between which they would leave a gap; switches last. */
const rowOf = (name: FieldName): number => (FIELDS[name].kind === 'switch' ? 2 : isWide(name) ? 1 : 0)

/** Inputs of settings in a grid. */
export const FormFields = ({ names, form, cols = 3, targets }: Props) => (
  <SimpleGrid cols={{ base: 1, sm: 2, md: cols }} spacing={14} verticalSpacing={14}>
    {names
      .toSorted((a, b) => rowOf(a) - rowOf(b))
      .map((name) => (
        <Box key={name} className={isWide(name) ? 'wide-field' : ''}>
          <FieldInput
            name={name}
            draft={form.draft}
            error={form.shownErrors[name]}
            onChange={form.set}
            onTouch={form.touch}
            {...(targets ? { targets } : {})}
          />
        </Box>
      ))}
  </SimpleGrid>
)
