import { Box, Button, List, Stack, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useStudio } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { changedSettings, type FieldErrors } from './draft.ts'
import { FIELDS, type FieldName } from './fields.ts'
import type { DraftForm } from './use-draft.ts'

const SHOWN = 12

const valueText = (value: RunConfig[FieldName]): string => (Array.isArray(value) ? value.join(', ') : String(value))

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

const Missing = ({ errors }: { readonly errors: FieldErrors }) => (
  <Box>
    <Text size="sm" mb={4}>
      To be filled in or put right:
    </Text>
    <List size="sm" spacing={2}>
      {(Object.keys(errors) as FieldName[]).map((name) => (
        <List.Item key={name}>{FIELDS[name].label}</List.Item>
      ))}
    </List>
  </Box>
)

/** Whether the run can start, what is unusual about it, and the button. */
export function SummaryCard({ form }: { readonly form: DraftForm }) {
  const studio = useStudio()
  const start = useMutation({
    mutationFn: (config: RunConfig) => studio.call('runs.start', config),
    onSuccess: (run) => goTo({ screen: 'run', runId: run.id, tab: 'curves' }),
  })
  const { check } = form
  return (
    <Box className="studio-card new-run-summary" p={16}>
      <Stack gap={14}>
        <Title order={2} aria-live="polite">
          {check.ok ? 'Ready to start' : 'Not ready yet'}
        </Title>
        {check.ok ? <Changed config={check.config} /> : <Missing errors={check.errors} />}
        {start.error && <ErrorAlert title="The run was not started" error={start.error} />}
        <Button
          fullWidth
          loading={start.isPending}
          leftSection={<Icon name="play" size={15} filled />}
          onClick={() => (check.ok ? start.mutate(check.config) : form.touchAll())}
        >
          Start the run
        </Button>
      </Stack>
    </Box>
  )
}
