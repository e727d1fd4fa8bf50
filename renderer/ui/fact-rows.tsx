import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

export type FactRow = readonly [label: string, value: ReactNode]

/** Labels and values in two columns. */
export const FactRows = ({
  rows,
  labelWidth = 170,
}: {
  readonly rows: readonly FactRow[]
  readonly labelWidth?: number
}) => (
  <Table verticalSpacing={6} horizontalSpacing={0} className="numbers" layout="fixed">
    <Table.Tbody>
      {rows.map(([label, value]) => (
        <Table.Tr key={label}>
          <Table.Th fw={400} c="dimmed" w={labelWidth} pr={12} scope="row">
            {label}
          </Table.Th>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
)
