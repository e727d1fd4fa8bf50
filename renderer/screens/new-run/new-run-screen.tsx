import { Accordion, Box, Skeleton, Stack } from '@mantine/core'
import { useState } from 'react'
import { METHOD_KINDS, type MethodKind } from '../../../shared/domain/method.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import type { Rank } from '../../router/route.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Page } from '../../ui/page.tsx'
import { DataStep } from './data-step.tsx'
import { DemoCard } from './demo-card.tsx'
import { type Draft, draftOf, emptyDraft } from './draft.ts'
import { previewFaults, startFaults, withFaults } from './field-faults.ts'
import { ADVANCED, fieldsIn } from './fields/index.ts'
import { FormFields } from './form-fields.tsx'
import { MethodStep } from './method-step.tsx'
import { ModelStep } from './model-step.tsx'
import { StepCard } from './step-card.tsx'
import { SummaryCard } from './summary-card.tsx'
import { chosenMethods, TwinMethods } from './twin-methods.tsx'
import { type DraftForm, useDraft } from './use-draft.ts'
import { usePreview } from './use-preview.ts'
import { useStart } from './use-start.ts'
import { YamlActions } from './yaml-actions.tsx'

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
      order={3}
      keepMounted={false}
      value={[...new Set([...opened, ...sectionsWithErrors(form)])]}
      onChange={setOpened}
    >
      {ADVANCED.map(({ section, title }) => (
        <Accordion.Item key={section} value={section}>
          <Accordion.Control>{title}</Accordion.Control>
          <Accordion.Panel>
            <FormFields names={fieldsIn(section)} form={form} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  )
}

type FormProps = {
  readonly initial: Draft
  /** Name of the run whose settings these are; null: those of a beginner, who is offered the demo. */
  readonly of: string | null
}

function NewRunForm({ initial, of }: FormProps) {
  const draft = useDraft(initial)
  const [also, setAlso] = useState<readonly MethodKind[]>([])
  const method = METHOD_KINDS.find((kind) => kind === draft.draft.method) ?? 'dora'
  const methods = chosenMethods(method, also)
  const preview = usePreview(draft.check)
  const start = useStart(methods)
  const form = withFaults(draft, { ...previewFaults(preview), ...startFaults(start.error) })
  return (
    <Page
      title="New run"
      subtitle={
        of === null
          ? 'Everything but model and data has a default; tooltips give PEFT’s names.'
          : `Filled in with the settings of ${of}.`
      }
      actions={<YamlActions form={form} />}
    >
      {of === null && <DemoCard onSettings={form.replace} />}
      <Box className="new-run-layout">
        <Stack gap={16}>
          <ModelStep form={form} />
          <DataStep form={form} />
          <MethodStep form={form} />
          <StepCard step={4} title="Parameters" hint="how long and how fast it learns">
            <Stack gap={14}>
              <FormFields names={['run_name']} form={form} cols={1} />
              <FormFields names={fieldsIn('training')} form={form} />
              <Advanced form={form} />
              <TwinMethods method={method} also={also} onChange={setAlso} />
            </Stack>
          </StepCard>
        </Stack>
        <SummaryCard form={form} state={preview} start={start} methods={methods} />
      </Box>
    </Page>
  )
}

/** All settings of a run; the new one's name says in what it differs. */
function draftFrom({ config, name }: RunDetail, rank: Rank | undefined): Draft {
  const changes = rank ? { r: rank.r, lora_alpha: rank.alpha } : {}
  const difference = rank ? `r = ${rank.r}` : 'again'
  return { ...draftOf({ ...config, ...changes }), run_name: `${name} (${difference})`.slice(0, 120) }
}

type FromProps = { readonly runId: string; readonly rank: Rank | undefined }

function FormFromRun({ runId, rank }: FromProps) {
  const { data, error } = useCall('runs.get', { runId })
  if (data) return <NewRunForm initial={draftFrom(data, rank)} of={data.name} />
  return (
    <Page title="New run">
      {error ? (
        <ErrorAlert title="The settings of the other run could not be read" error={error} />
      ) : (
        <Skeleton h={480} radius="lg" />
      )}
    </Page>
  )
}

type Props = { readonly from: string | null; readonly rank?: Rank; readonly model?: string; readonly data?: string }

/** Settings of a run that is to be started; `from` is the run whose settings are taken over. */
export function NewRunScreen({ from, rank, model = '', data = '' }: Props) {
  if (from !== null) return <FormFromRun runId={from} rank={rank} />
  return <NewRunForm initial={{ ...emptyDraft(), model_name_or_path: model, train_file: data }} of={null} />
}
