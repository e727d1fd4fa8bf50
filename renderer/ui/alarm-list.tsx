import { Alert, Stack, Text } from '@mantine/core'
import { ALARMS, type Alarm } from '../../shared/domain/alarm.ts'
import { formatCount } from '../format/numbers.ts'
import { Icon } from './icon.tsx'

const titleOf = ({ kind, step }: Alarm): string =>
  step === 0 ? ALARMS[kind].title : `${ALARMS[kind].title} (step ${formatCount(step)})`

/** What is wrong with the numbers of a run, and what to do. */
export const AlarmList = ({ alarms }: { readonly alarms: readonly Alarm[] }) => (
  <Stack gap={8} mb={alarms.length > 0 ? 14 : 0}>
    {alarms.map((alarm) => (
      <Alert
        key={alarm.kind}
        color="orange"
        variant="light"
        py={10}
        title={titleOf(alarm)}
        icon={<Icon name="alert" />}
        role="status"
        data-alarm={alarm.kind}
      >
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {alarm.message} {alarm.hint}
        </Text>
      </Alert>
    ))}
  </Stack>
)
