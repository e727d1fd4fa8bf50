import { Button, Group, List, Skeleton, Stack, Text } from '@mantine/core'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import type { HistoryReport } from '../../../shared/domain/history.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { formatCount } from '../../format/numbers.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { type FactRow, FactRows } from '../../ui/fact-rows.tsx'

const Paths = ({ files }: { readonly files: HistoryReport['backups'] }) => (
  <span style={{ whiteSpace: 'pre-line' }}>
    {files.map(({ path, bytes }) => `${path} (${formatBytes(bytes)})`).join('\n')}
  </span>
)

function rowsOf({ file, bytes, runs, backups, damaged }: HistoryReport): FactRow[] {
  const paths = (label: string, files: HistoryReport['backups']): FactRow[] =>
    files.length === 0 ? [] : [[label, <Paths key={label} files={files} />]]
  return [
    ['File', `${file} (${formatBytes(bytes)})`],
    ['Runs', formatCount(runs)],
    ...paths('Copies before updates', backups),
    ...paths('Damaged, set aside', damaged),
  ]
}

/** Offered only where there is something to repair; the studio holds the file open, so that the next start does it. */
function Repair({ asked, refresh }: { readonly asked: boolean; readonly refresh: () => void }) {
  const repair = useAction('history.repair')
  if (asked) {
    return <Text size="sm">It is repaired when the studio starts next: close it everywhere, then open it again.</Text>
  }
  return (
    <Stack gap={10}>
      <Text size="sm">
        A repair puts what can be read into a new file and keeps the damaged one. It is done when the studio starts
        next.
      </Text>
      <Button w="max-content" loading={repair.isPending} onClick={() => repair.mutate({}, { onSuccess: refresh })}>
        Repair at the next start
      </Button>
      {repair.error && <ErrorAlert title="The repair could not be arranged" error={repair.error} />}
    </Stack>
  )
}

const Verdict = ({ report, refresh }: { readonly report: HistoryReport; readonly refresh: () => void }) => {
  if (report.complaints.length === 0) return <Text size="sm">Every page of the file is sound.</Text>
  return (
    <Stack gap={10}>
      <Text size="sm" c="var(--studio-danger)" fw={600}>
        The file is damaged.
      </Text>
      <List size="sm" style={{ overflowWrap: 'anywhere' }}>
        {report.complaints.slice(0, 6).map((complaint) => (
          <List.Item key={complaint}>{complaint}</List.Item>
        ))}
      </List>
      <Repair asked={report.repairAtStart} refresh={refresh} />
    </Stack>
  )
}

/** The file that holds all runs: whether it is sound, its copies, and its repair. Checked when asked, it may take long. */
export function HistoryCard() {
  const { data, error, isFetching, refetch } = useCall('history.check', {}, { enabled: false })
  const check = () => void refetch()
  const button = (
    <Button size="xs" variant="default" loading={isFetching} onClick={check}>
      {data ? 'Check again' : 'Check the history'}
    </Button>
  )
  return (
    <Card title="History" action={button}>
      {error && <ErrorAlert title="The history could not be checked" error={error} />}
      {data ? (
        <Stack gap={12}>
          <FactRows rows={rowsOf(data)} />
          <Verdict report={data} refresh={check} />
        </Stack>
      ) : isFetching ? (
        <Skeleton h={120} role="status" aria-label="Checking the history" />
      ) : (
        <Group>
          <Text size="sm" c="dimmed">
            Reads every page of the file that holds your runs and their curves, about a second a gigabyte.
          </Text>
        </Group>
      )}
    </Card>
  )
}
