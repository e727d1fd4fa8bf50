import { Box, Text } from '@mantine/core'
import { Icon } from '../ui/icon.tsx'
import type { MagnitudeHealth } from './magnitude-health.ts'

const LOOKS = {
  waiting: { icon: 'pulse', colour: 'var(--mantine-color-dimmed)' },
  moving: { icon: 'check', colour: 'var(--studio-good)' },
  still: { icon: 'alert', colour: 'var(--studio-danger)' },
} as const

/** Says whether m moves. Of one height, so that an alarm moves nothing. */
export const MagnitudeBanner = ({ health }: { readonly health: MagnitudeHealth }) => {
  const { icon, colour } = LOOKS[health.kind]
  return (
    <Box
      className="magnitude-banner"
      data-magnitude={health.kind}
      role={health.kind === 'still' ? 'alert' : undefined}
      title={health.modules.join('\n')}
    >
      <span style={{ color: colour, display: 'flex' }}>
        <Icon name={icon} size={18} />
      </span>
      <Text size="sm" lineClamp={2} c={health.kind === 'still' ? 'var(--studio-danger)' : 'dimmed'}>
        {health.kind === 'still' ? <b>{health.text}</b> : health.text} {health.cure}
      </Text>
    </Box>
  )
}
