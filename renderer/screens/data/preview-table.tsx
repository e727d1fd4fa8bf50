import { Table, Text } from '@mantine/core'
import type { DataFacts } from '../../../shared/domain/data-facts.ts'

type Props = { readonly facts: DataFacts; readonly rows?: number }

/** The first rows as the file has them. */
export function PreviewTable({ facts: { columns, preview, file, place }, rows = 8 }: Props) {
  if (preview.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No row could be read.
      </Text>
    )
  }
  return (
    <Table.ScrollContainer
      minWidth={Math.min(900, 160 * columns.length)}
      type="native"
      maxHeight={340}
      scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
    >
      <Table verticalSpacing={6} className="preview-table" stickyHeader aria-label={`First rows of ${file}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{place === 'line' ? 'Line' : 'Row'}</Table.Th>
            {columns.map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {preview.slice(0, rows).map(({ line, cells }) => (
            <Table.Tr key={line}>
              <Table.Td c="dimmed">{line}</Table.Td>
              {cells.map((cell, i) => (
                <Table.Td key={columns[i]} title={cell}>
                  <Text size="sm" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
                    {cell}
                  </Text>
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
