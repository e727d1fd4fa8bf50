import { Alert, Anchor, Box, Button, List, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ProblemList } from '../../ui/problem-list.tsx'
import { changedSettings, type FieldErrors, pairsText } from './draft.ts'
import { FIELDS, type FieldName } from './fields/index.ts'
import { MakeItFit, showProposals } from './make-it-fit.tsx'
import { PreviewFigures } from './preview-figures.tsx'
import { showField } from './show-field.ts'
import { TwinFigures } from './twin-figures.tsx'
import type { DraftForm } from './use-draft.ts'
import { useFit } from './use-fit.ts'
import { type MemoryLimit, useMemoryLimit } from './use-memory-limit.ts'
import type { PreviewState } from './use-preview.ts'
import type { Start } from './use-start.ts'
import { useTwinPreviews } from './use-twin-previews.ts'

const SHOWN = 8

function valueText(value: RunConfig[FieldName]): string {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' && value !== null ? pairsText(value) : String(value)
}

const Changed = ({ config }: { readonly config: RunConfig }) => {
  const names = changedSettings(config)
  if (names.length === 0) return <Text size="sm">All settings are the defaults.</Text>
  return (
    <Box>
      <Text size="sm" mb={4}>
        {`${names.length} setting${names.length === 1 ? '' : 's'} changed from the default:`}
      </Text>
      <List size="xs" spacing={2} c="dimmed" listStyleType="none">
        {names.slice(0, SHOWN).map((name) => (
          <List.Item key={name} style={{ overflowWrap: 'anywhere' }}>
            {`${FIELDS[name].label}: ${valueText(config[name])}`}
          </List.Item>
        ))}
        {names.length > SHOWN && <List.Item>{`and ${names.length - SHOWN} more`}</List.Item>}
      </List>
    </Box>
  )
}

const namesOf = (errors: FieldErrors) => Object.keys(errors) as FieldName[]

type MissingProps = { readonly errors: FieldErrors; readonly onShow: (name: FieldName) => void }

const Missing = ({ errors, onShow }: MissingProps) => (
  <Box>
    <Text size="sm" mb={4}>
      To be filled in or put right:
    </Text>
    <List size="sm" spacing={2}>
      {namesOf(errors).map((name) => (
        <List.Item key={name}>
          <Anchor component="button" type="button" size="sm" onClick={() => onShow(name)}>
            {FIELDS[name].label}
          </Anchor>
        </List.Item>
      ))}
    </List>
  </Box>
)

type StateProps = { readonly form: DraftForm; readonly state: PreviewState }

/** What the engine makes of the settings; its place is kept while it is asked. */
function Preview({ form, state: { preview, error, stale }, limit }: StateProps & { readonly limit: MemoryLimit }) {
  if (!form.check.ok) {
    const show = (name: FieldName) => {
      form.touchAll()
      showField(name)
    }
    return <Missing errors={form.check.errors} onShow={show} />
  }
  if (error) return <ErrorAlert title="It could not be worked out" error={error} />
  if (preview === undefined) return <Skeleton h={300} role="status" aria-label="Working out what the run would be" />
  return (
    <Stack gap={14}>
      {preview.problems.length > 0 && (
        <Alert color="orange" variant="light" icon={<Icon name="alert" />} title="In the way">
          <ProblemList problems={preview.problems} />
        </Alert>
      )}
      <PreviewFigures answer={preview} stale={stale} limit={limit} />
    </Stack>
  )
}

function titleOf({ check }: DraftForm, { preview, error, stale }: PreviewState, tooLarge: boolean): string {
  if (!check.ok) return 'Not ready yet'
  if (error === null && (preview === undefined || stale)) return 'Working it out…'
  return error || tooLarge || (preview?.problems.length ?? 0) > 0 ? 'Not ready yet' : 'Ready to start'
}

/** Says what is missing at each field, and goes to the first. */
function showFaults(form: DraftForm, errors: FieldErrors): void {
  form.touchAll()
  const first = namesOf(errors)[0]
  if (first) showField(first)
}

type StartProps = {
  readonly start: Start
  /** Methods of the runs that the button starts, one each. */
  readonly methods: readonly MethodKind[]
}

type BarProps = StartProps & { readonly form: DraftForm; readonly tooLarge: boolean }

/** The button, and what is to be said where it is pressed. */
function StartBar({ form: { check, ...form }, start, methods, tooLarge }: BarProps) {
  const one = methods.length === 1
  return (
    <Stack className="new-run-start" gap={10} px={16} py={12}>
      {tooLarge && (
        <Text size="sm" c="var(--studio-danger)">
          {'It needs more memory than it may have, and would be refused. '}
          <Anchor component="button" type="button" size="sm" onClick={showProposals}>
            What would make it fit
          </Anchor>
        </Text>
      )}
      {start.error && (
        <ErrorAlert title={one ? 'The run was not started' : 'The runs were not started'} error={start.error} />
      )}
      <Button
        fullWidth
        loading={start.isPending}
        leftSection={<Icon name="play" size={15} filled />}
        onClick={() => (check.ok ? start.mutate(check.config) : showFaults({ check, ...form }, check.errors))}
      >
        {one ? 'Start the run' : `Start ${methods.length} runs`}
      </Button>
    </Stack>
  )
}

/** Whether the run can start, what it would be, what is unusual about it; the button stays in sight. */
export function SummaryCard({ form, state, start, methods }: StateProps & StartProps) {
  const { check } = form
  const limit = useMemoryLimit()
  const fit = useFit(check, state, limit.limit)
  const twins = useTwinPreviews(check, methods)
  return (
    <Box className="studio-card new-run-summary" component="section" aria-label="Preview">
      <Box className="new-run-facts" p={16} tabIndex={0}>
        <Stack gap={14}>
          <Title order={2} aria-live="polite">
            {titleOf(form, state, fit.wanted)}
          </Title>
          <Preview form={form} state={state} limit={limit} />
          <TwinFigures twins={twins} limit={limit.limit} />
          <MakeItFit form={form} state={fit} />
          {check.ok && <Changed config={check.config} />}
        </Stack>
      </Box>
      <StartBar form={form} start={start} methods={methods} tooLarge={fit.wanted} />
    </Box>
  )
}
