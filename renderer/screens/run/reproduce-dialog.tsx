import { List, Text } from '@mantine/core'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

const Differences = ({ list }: { readonly list: readonly string[] }) =>
  list.length === 0 ? (
    <Text size="sm">Model, data and versions are what they were: the curves will be the same, to the last bit.</Text>
  ) : (
    <>
      <Text size="sm">Not everything is as it was, so the curves may differ:</Text>
      <List size="sm" style={{ overflowWrap: 'anywhere' }}>
        {list.map((difference) => (
          <List.Item key={difference}>{difference}</List.Item>
        ))}
      </List>
    </>
  )

/** Makes a run again with the same settings, once it is told what is not as it was. */
export function ReproduceDialog({ run, onClose }: Props) {
  const { data, error } = useCall('bundles.reproduce', { runId: run.id }, { anew: true })
  const start = useAction('runs.start')
  const begin = () => {
    if (!data) return
    const { config } = data
    start.mutate(config, { onSuccess: ({ id }) => goTo({ screen: 'run', runId: id, tab: 'curves' }) })
  }
  return (
    <FormDialog
      title="Run again with the same settings"
      size="lg"
      action="Start"
      usable={data !== undefined}
      saving={start}
      failed="The run was not started"
      onSave={begin}
      onClose={onClose}
    >
      {error && <ErrorAlert title="The files could not be compared" error={error} />}
      {data && <Differences list={data.differences} />}
      {!data && !error && (
        <Text size="sm" c="dimmed" role="status" mih={60}>
          Comparing model, data and versions with what they were…
        </Text>
      )}
    </FormDialog>
  )
}
