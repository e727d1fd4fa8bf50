import { Accordion, Box, SimpleGrid, Skeleton, Stack, Title } from '@mantine/core'
import { useState } from 'react'
import { METHOD_KINDS } from '../../../shared/domain/method.ts'
import { useCall } from '../../api/studio.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Page } from '../../ui/page.tsx'
import { DemoCard } from './demo-card.tsx'
import { type Draft, draftOf, emptyDraft } from './draft.ts'
import { FieldInput } from './field-input.tsx'
import { type FieldName, fieldsIn, methodFields, type SectionName } from './fields.ts'
import { MethodPicker } from './method-picker.tsx'
import { SummaryCard } from './summary-card.tsx'
import { type DraftForm, useDraft } from './use-draft.ts'

const ADVANCED = [
  { section: 'prompt', title: 'Prompt and loss' },
  { section: 'optimiser', title: 'Optimiser and seed' },
  { section: 'schedule', title: 'Schedule and length' },
  { section: 'logging', title: 'Logging and checkpoints' },
  { section: 'engine', title: 'Engine' },
] as const satisfies readonly { section: SectionName; title: string }[]

const WIDE: ReadonlySet<FieldName> = new Set<FieldName>(['run_name', 'target_modules', 'prompt_template'])
const isWide = (name: FieldName): boolean => WIDE.has(name)
/** A wide field between narrow ones would leave a gap. */
const narrowFirst = (names: readonly FieldName[]): FieldName[] =>
  names.toSorted((a, b) => Number(isWide(a)) - Number(isWide(b)))

type FieldsProps = { readonly names: readonly FieldName[]; readonly form: DraftForm; readonly cols?: number }

const Fields = ({ names, form, cols = 3 }: FieldsProps) => (
  <SimpleGrid cols={{ base: 1, sm: 2, md: cols }} spacing={14} verticalSpacing={14}>
    {names.map((name) => (
      <Box key={name} className={isWide(name) ? 'wide-field' : ''}>
        <FieldInput
          name={name}
          draft={form.draft}
          error={form.shownErrors[name]}
          onChange={form.set}
          onTouch={form.touch}
        />
      </Box>
    ))}
  </SimpleGrid>
)

function MethodSection({ form }: { readonly form: DraftForm }) {
  const method = METHOD_KINDS.find((kind) => kind === form.draft.method) ?? 'dora'
  const names = narrowFirst(methodFields(method))
  return (
    <Box className="studio-card" p={16}>
      <Title order={2} mb={12}>
        Method
      </Title>
      <MethodPicker value={method} onChange={(next) => form.set('method', next)} />
      {names.length > 0 && (
        <Box mt={16}>
          <Fields names={names} form={form} />
        </Box>
      )}
    </Box>
  )
}

/** A folded section with a fault in it opens by itself, or the fault could not be seen. */
const sectionsWithErrors = ({ shownErrors }: DraftForm): string[] =>
  ADVANCED.filter(({ section }) => fieldsIn(section).some((name) => shownErrors[name] !== undefined)).map(
    ({ section }) => section,
  )

function Advanced({ form }: { readonly form: DraftForm }) {
  const [opened, setOpened] = useState<string[]>([])
  return (
    <Accordion
      multiple
      variant="contained"
      className="advanced"
      order={2}
      keepMounted={false}
      value={[...new Set([...opened, ...sectionsWithErrors(form)])]}
      onChange={setOpened}
    >
      {ADVANCED.map(({ section, title }) => (
        <Accordion.Item key={section} value={section}>
          <Accordion.Control>{title}</Accordion.Control>
          <Accordion.Panel>
            <Fields names={fieldsIn(section)} form={form} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  )
}

function NewRunForm({ initial }: { readonly initial: Draft }) {
  const form = useDraft(initial)
  return (
    <>
      <DemoCard onSettings={form.replace} />
      <Box className="new-run-layout">
        <Stack gap={16}>
          <Box className="studio-card" p={16}>
            <Title order={2} mb={12}>
              Model and data
            </Title>
            <Fields names={fieldsIn('source')} form={form} cols={2} />
          </Box>
          <MethodSection form={form} />
          <Box className="studio-card" p={16}>
            <Title order={2} mb={12}>
              Training
            </Title>
            <Fields names={fieldsIn('training')} form={form} />
          </Box>
          <Advanced form={form} />
        </Stack>
        <SummaryCard form={form} />
      </Box>
    </>
  )
}

function FormFromRun({ runId }: { readonly runId: string }) {
  const { data, error } = useCall('runs.get', { runId })
  if (error) return <ErrorAlert title="The settings of the other run could not be read" error={error} />
  if (data === undefined) return <Skeleton h={480} radius="lg" />
  return <NewRunForm initial={{ ...draftOf(data.config), run_name: `${data.name} (again)`.slice(0, 120) }} />
}

/** Settings of a run that is to be started; `from` is the run whose settings are taken over. */
export const NewRunScreen = ({ from }: { readonly from: string | null }) => (
  <Page title="New run" subtitle="Names in the tooltips are those of PEFT and Hugging Face’s Trainer.">
    {from === null ? <NewRunForm initial={emptyDraft()} /> : <FormFromRun runId={from} />}
  </Page>
)
