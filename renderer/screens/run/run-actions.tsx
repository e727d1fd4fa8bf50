import { Button, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import type { RunDetail, RunSummary } from '../../../shared/domain/run.ts'
import { useAction } from '../../api/studio.tsx'
import { baseAndTuned } from '../../router/chat-models.ts'
import { hrefOf } from '../../router/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { isActive } from '../runs/run-figures.ts'
import { RunMenu } from './run-menu.tsx'
import { StopDialog } from './stop-dialog.tsx'

function ResumeButton({ run }: { readonly run: RunSummary }) {
  const resume = useAction('runs.resume')
  return (
    <Button
      leftSection={<Icon name="play" size={15} filled />}
      loading={resume.isPending}
      onClick={() =>
        resume.mutate(
          { runId: run.id },
          {
            onError: (error) =>
              notifications.show({ color: 'red', title: 'The run was not resumed', message: error.message }),
          },
        )
      }
    >
      Resume
    </Button>
  )
}

/** Stops with a checkpoint and without a question: Resume goes on from there. */
function PauseButton({ run }: { readonly run: RunSummary }) {
  const stop = useAction('runs.stop')
  const failed = (error: Error) =>
    notifications.show({ color: 'red', title: 'The run was not paused', message: error.message })
  return (
    <Button
      variant="default"
      leftSection={<Icon name="pause" size={15} />}
      loading={stop.isPending || run.status === 'stopping'}
      title="Finishes the step, writes a checkpoint and frees the machine; Resume goes on exactly from there"
      onClick={() => stop.mutate({ runId: run.id, checkpoint: true }, { onError: failed })}
    >
      Pause
    </Button>
  )
}

/** Models that answer something a reader can judge. */
const TALKING: ReadonlySet<RunDetail['config']['task_type']> = new Set(['CAUSAL_LM', 'SEQ_CLS'])

/** Opens a conversation with the base and the tuned model. */
const TryButton = ({ run }: { readonly run: RunDetail }) =>
  run.checkpoints.length === 0 || !TALKING.has(run.config.task_type) ? null : (
    <Button
      component="a"
      variant="default"
      href={hrefOf({ screen: 'chat', models: baseAndTuned(run.id) })}
      leftSection={<Icon name="chat" size={16} />}
    >
      Try it
    </Button>
  )

/** For the widest set of buttons, in pixels, so that nothing moves when the run's state changes. */
const ROOM = 260

/** Stop, resume, and the rest of what can be done with a run. */
export function RunActions({ run }: { readonly run: RunDetail }) {
  const [stopping, stop] = useDisclosure(false)
  return (
    <Group gap="xs" wrap="nowrap" justify="flex-end" miw={ROOM}>
      {(run.status === 'running' || run.status === 'stopping') && <PauseButton run={run} />}
      {isActive(run) && (
        <Button
          variant="default"
          leftSection={<Icon name="stop" size={14} filled />}
          onClick={stop.open}
          disabled={run.status === 'stopping'}
        >
          Stop
        </Button>
      )}
      {!isActive(run) && <TryButton run={run} />}
      {!isActive(run) && run.resumable && <ResumeButton run={run} />}
      {run.status === 'finished' && !run.imported && (
        <Button
          component="a"
          href={hrefOf({ screen: 'run', runId: run.id, tab: 'export' })}
          leftSection={<Icon name="export" size={16} />}
        >
          Export
        </Button>
      )}
      <RunMenu run={run} />
      {stopping && isActive(run) && <StopDialog run={run} onClose={stop.close} />}
    </Group>
  )
}
