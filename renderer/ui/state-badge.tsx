import { Badge } from '@mantine/core'

/** A state in a word and a colour of the theme. */
export type StateLook = { readonly label: string; readonly color: string }

/** Still: an animation would take a share of the processor that the engine needs. */
const Dot = () => (
  <span style={{ width: 7, height: 7, borderRadius: '50%', background: 'currentColor', display: 'block' }} />
)

/** The state of a run or a download. */
export const StateBadge = ({ look: { label, color } }: { readonly look: StateLook }) => (
  <Badge
    className={`status-badge status-${color}`}
    color={color}
    variant="light"
    leftSection={<Dot />}
    tt="none"
    fw={600}
    styles={{ label: { letterSpacing: 0, fontSize: 12 } }}
    size="lg"
  >
    {label}
  </Badge>
)
