import { Alert, Box, Button, Group, Radio, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { EXPORT_KINDS, type ExportKind } from '../../../shared/domain/export.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { formatCount } from '../../format/numbers.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { isActive } from '../runs/run-figures.ts'
import { suggestFolder } from './export-folder.ts'

const KINDS = {
  merged: {
    label: 'Merged model',
    text: 'A complete Hugging Face folder; any program that loads the base model loads it. The merge is proved on prompts.',
  },
  adapter: {
    label: 'Adapter (PEFT)',
    text: 'Only what was trained, as adapter_model.safetensors; small, and needs the base model.',
  },
} as const satisfies Record<ExportKind, { label: string; text: string }>

/** Why a kind cannot be had for this run, or null. */
const reasonAgainst = (kind: ExportKind, run: RunDetail): string | null =>
  kind === 'adapter' && !METHODS[run.config.method].adapterExport
    ? `${METHODS[run.config.method].label} has no adapter: it changes every weight.`
    : null

type CardProps = { readonly kind: ExportKind; readonly run: RunDetail }

const KindCard = ({ kind, run }: CardProps) => {
  const reason = reasonAgainst(kind, run)
  return (
    <Radio.Card
      value={kind}
      p={12}
      radius="md"
      disabled={reason !== null}
      className="choice-card"
      aria-label={KINDS[kind].label}
    >
      <Group wrap="nowrap" align="flex-start" gap={12}>
        <Radio.Indicator disabled={reason !== null} mt={2} />
        <Box>
          <Text size="sm" fw={600}>
            {KINDS[kind].label}
          </Text>
          <Text size="sm" c="dimmed">
            {reason ?? KINDS[kind].text}
          </Text>
        </Box>
      </Group>
    </Radio.Card>
  )
}

const NoCheckpoint = ({ run }: { readonly run: RunDetail }) => (
  <Alert color="gray" variant="light" icon={<Icon name="alert" />} title="Nothing to export yet">
    {isActive(run)
      ? 'An export is made from a checkpoint, and none has been written. One comes at the end of the run, or when you stop it with a checkpoint.'
      : 'An export is made from a checkpoint, and this run has none.'}
  </Alert>
)

/** Kind and folder of an export. */
export function ExportForm({ run }: { readonly run: RunDetail }) {
  const { data: info } = useCall('app.info', {})
  const { data: jobs } = useCall('exports.list', { runId: run.id })
  const start = useAction('exports.start')
  const [kind, setKind] = useState<ExportKind>('merged')
  const [typed, setTyped] = useState<string | null>(null)
  const taken = jobs?.filter(({ status }) => status !== 'failed').map(({ folder }) => folder) ?? []
  const folder = typed ?? (info ? suggestFolder(info.dataFolder, run.name, kind, taken) : '')
  const step = run.checkpoints.reduce((last, checkpoint) => Math.max(last, checkpoint.step), 0)
  const done = { onSuccess: () => setTyped(null) }
  if (run.checkpoints.length === 0) return <NoCheckpoint run={run} />
  return (
    <Box className="studio-card" p={16} style={{ alignSelf: 'start' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          start.mutate({ runId: run.id, kind, folder }, done)
        }}
      >
        <Stack gap={14}>
          <Title order={2}>Export</Title>
          <Radio.Group
            label="What to write"
            value={kind}
            onChange={(value) => setKind(EXPORT_KINDS.find((k) => k === value) ?? 'merged')}
          >
            <Stack gap={8} mt={6}>
              {EXPORT_KINDS.map((name) => (
                <KindCard key={name} kind={name} run={run} />
              ))}
            </Stack>
          </Radio.Group>
          <TextInput
            label="Folder"
            description="On the machine that trains. It must be new or empty."
            value={folder}
            onChange={(event) => setTyped(event.currentTarget.value)}
            leftSection={<Icon name="folder" size={16} />}
            spellCheck={false}
            required
            withAsterisk={false}
          />
          {start.error && <ErrorAlert title="The export was not started" error={start.error} />}
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm" c="dimmed">
              Newest checkpoint: step {formatCount(step)}
            </Text>
            <Button
              type="submit"
              loading={start.isPending}
              disabled={folder.trim() === ''}
              leftSection={<Icon name="export" size={16} />}
            >
              {`Export ${kind === 'merged' ? 'merged model' : 'adapter'}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Box>
  )
}
