import { Box, Group, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** Height of the drawing in pixels; fixed, so that nothing moves while data streams in. */
export const PLOT_HEIGHT = 196

export type LegendItem = {
  readonly label: string
  readonly colour: string
  /** Latest value as text. */
  readonly value?: string | undefined
  readonly dots?: boolean
}

const Swatch = ({ colour, dots }: { readonly colour: string; readonly dots: boolean }) => (
  <span
    style={{ width: dots ? 8 : 14, height: dots ? 8 : 3, borderRadius: 4, background: colour, flex: 'none' }}
    aria-hidden="true"
  />
)

/** A legend that also says where each line stands now. */
export const Legend = ({ items }: { readonly items: readonly LegendItem[] }) => (
  <>
    {items.map(({ label, colour, value, dots = false }) => (
      <Group key={label} gap={6} wrap="nowrap" miw={0}>
        <Swatch colour={colour} dots={dots} />
        <Text size="xs" c="dimmed" truncate>
          {label}
        </Text>
        {value !== undefined && (
          <Text size="xs" fw={600} className="numbers">
            {value}
          </Text>
        )}
      </Group>
    ))}
  </>
)

type FrameProps = { readonly legend: ReactNode; readonly empty: boolean; readonly children: ReactNode }

/** Legend row and drawing, both of fixed height; says so when there is nothing to draw yet. */
export const PlotFrame = ({ legend, empty, children }: FrameProps) => (
  <>
    <Group gap={14} h={24} wrap="nowrap" style={{ overflow: 'hidden' }}>
      {!empty && legend}
    </Group>
    {empty ? (
      <Box h={PLOT_HEIGHT} display="grid" style={{ placeItems: 'center' }}>
        <Text size="sm" c="dimmed">
          No values yet
        </Text>
      </Box>
    ) : (
      <Box h={PLOT_HEIGHT}>{children}</Box>
    )}
  </>
)
