import { ActionIcon, Anchor, Box, Button, Group, Progress, Text } from '@mantine/core'
import { formatBytes, formatPercent } from '../../../shared/domain/amounts.ts'
import { type Download, isAtWork } from '../../../shared/domain/hub.ts'
import { useAction } from '../../api/studio.tsx'
import { fileName, formatDuration } from '../../format/numbers.ts'
import { hrefOf } from '../../router/route.ts'
import { ErrorAlert } from '../error-alert.tsx'
import { Icon } from '../icon.tsx'
import { StateBadge, type StateLook } from '../state-badge.tsx'

const LOOKS = {
  queued: { label: 'Waiting', color: 'gray' },
  downloading: { label: 'Downloading', color: 'iris' },
  paused: { label: 'Paused', color: 'gray' },
  interrupted: { label: 'Interrupted', color: 'orange' },
  failed: { label: 'Failed', color: 'red' },
  finished: { label: 'Downloaded', color: 'teal' },
} as const satisfies Record<Download['status'], StateLook>

const shareOf = ({ bytes, receivedBytes }: Download): number => (bytes === 0 ? 1 : Math.min(1, receivedBytes / bytes))

function figures(download: Download): string {
  const { status, bytes, receivedBytes, bytesPerSecond } = download
  if (status === 'finished') return formatBytes(bytes)
  const amount = `${formatBytes(receivedBytes)} of ${formatBytes(bytes)}`
  if (status !== 'downloading' || !bytesPerSecond) return amount
  const left = formatDuration((1000 * (bytes - receivedBytes)) / bytesPerSecond)
  return `${amount} · ${formatBytes(bytesPerSecond)}/s · ${left} left`
}

/** What is there of a finished one to go to. */
function Links({ download: { kind, paths } }: { readonly download: Download }) {
  const screen = kind === 'model' ? 'models' : 'data'
  return paths.slice(0, 3).map((path) => (
    <Anchor key={path} size="sm" href={hrefOf({ screen, path })}>
      {kind === 'model' ? 'Show it' : `Show ${fileName(path)}`}
    </Anchor>
  ))
}

function Actions({ download }: { readonly download: Download }) {
  const { id, repo, status } = download
  const [pause, resume, remove] = [
    useAction('downloads.pause'),
    useAction('downloads.resume'),
    useAction('downloads.remove'),
  ]
  const error = pause.error ?? resume.error ?? remove.error
  return (
    <>
      <Group gap={8} wrap="nowrap" mih={30}>
        {isAtWork(status) && (
          <Button
            size="xs"
            variant="default"
            loading={pause.isPending}
            onClick={() => pause.mutate({ id })}
            aria-label={`Pause ${repo}`}
          >
            Pause
          </Button>
        )}
        {!isAtWork(status) && status !== 'finished' && (
          <Button
            size="xs"
            variant="default"
            loading={resume.isPending}
            onClick={() => resume.mutate({ id })}
            aria-label={`Resume ${repo}`}
          >
            Resume
          </Button>
        )}
        {status === 'finished' && <Links download={download} />}
        <ActionIcon
          ml="auto"
          variant="subtle"
          color="gray"
          loading={remove.isPending}
          aria-label={status === 'finished' ? `Take ${repo} off this list` : `Cancel ${repo}`}
          title={status === 'finished' ? 'Take it off this list; the files stay' : 'Cancel; half files are deleted'}
          onClick={() => remove.mutate({ id })}
        >
          <Icon name="close" size={15} />
        </ActionIcon>
      </Group>
      {error && <ErrorAlert title="That was not done" error={error} />}
    </>
  )
}

/** A download: how far it is, and what can be done with it. */
export const DownloadItem = ({ download }: { readonly download: Download }) => {
  const { repo, files, kind, status, phase, error } = download
  const name = kind === 'dataset' && files.length === 1 ? `${repo}: ${files[0]?.path}` : repo
  return (
    <Box className="hub-download" data-download={status}>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Text size="sm" fw={600} truncate title={name}>
          {name}
        </Text>
        <StateBadge look={LOOKS[status]} />
      </Group>
      <Progress
        value={100 * shareOf(download)}
        size={6}
        aria-label={`Progress of ${name}`}
        color={status === 'finished' ? 'teal' : 'iris'}
      />
      <Group justify="space-between" wrap="nowrap" mt={6} gap={8}>
        <Text size="xs" className="numbers" truncate>
          {figures(download)}
        </Text>
        <Text size="xs" className="numbers" c="dimmed">
          {formatPercent(shareOf(download))}
        </Text>
      </Group>
      <Text size="xs" c="dimmed" truncate mih={18} title={phase ?? ''}>
        {phase ?? '\u00a0'}
      </Text>
      {error && <ErrorAlert title="It was not downloaded" error={error} />}
      <Actions download={download} />
    </Box>
  )
}
