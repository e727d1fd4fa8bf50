import { Table, Text } from '@mantine/core'
import type { ComparedRun } from '../../charts/compare-chart.ts'
import { changedSettings } from './changed-settings.ts'
import type { ReadFeed } from './compared-runs.ts'
import { RunName } from './run-name.tsx'

type Props = { readonly feeds: readonly ReadFeed[]; readonly runs: readonly ComparedRun[] }

/** The settings that are not the same in all runs, and no others. */
export function SettingsTable({ feeds, runs }: Props) {
  const changed = changedSettings(feeds.map(({ run }) => run.config))
  const rest = Object.keys(feeds[0]?.run.config ?? {}).length - 1 - changed.length
  if (changed.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The settings of these runs are all the same.
      </Text>
    )
  return (
    <>
      <Table.ScrollContainer minWidth={480} type="native">
        <Table verticalSpacing={7} horizontalSpacing={10} className="numbers runs-table" data-table="changed-settings">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Setting</Table.Th>
              {runs.map((run) => (
                <Table.Th key={run.id} maw={260}>
                  <RunName run={run} />
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changed.map(({ field, values }) => (
              <Table.Tr key={field}>
                <Table.Th scope="row">{field}</Table.Th>
                {runs.map(({ id }, i) => (
                  <Table.Td key={id} style={{ overflowWrap: 'anywhere' }}>
                    {values[i]}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="xs" c="dimmed" mt={8}>{`${rest} more settings are the same in all of them.`}</Text>
    </>
  )
}
