import { Box, Button, Group, Skeleton, Text } from '@mantine/core'
import type { DoctorCheck, DoctorReport } from '../../../shared/domain/doctor.ts'
import { useCall } from '../../api/studio.tsx'
import { formatNumber } from '../../format/numbers.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { FigureItem } from '../../ui/figure-item.tsx'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { Page } from '../../ui/page.tsx'
import { HistoryCard } from './history-card.tsx'

const LOOKS = {
  ok: { word: 'Good', icon: 'check', colour: 'var(--studio-good)' },
  warning: { word: 'Warning', icon: 'alert', colour: 'var(--studio-warning)' },
  error: { word: 'Fault', icon: 'alert', colour: 'var(--studio-danger)' },
} as const satisfies Record<DoctorCheck['status'], { word: string; icon: IconName; colour: string }>

const CheckRow = ({ check }: { readonly check: DoctorCheck }) => (
  <Group gap={14} px={16} py={12} wrap="nowrap" align="flex-start" className="doctor-row">
    <Group gap={8} w={104} wrap="nowrap" style={{ color: LOOKS[check.status].colour, flex: 'none' }}>
      <Icon name={LOOKS[check.status].icon} />
      <Text size="sm" fw={600}>
        {LOOKS[check.status].word}
      </Text>
    </Group>
    <Box miw={0}>
      <Text size="sm" fw={600}>
        {check.label}
      </Text>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {check.found}
      </Text>
      {check.cure !== '' && (
        <Text size="sm">
          <b>Cure:</b> {check.cure}
        </Text>
      )}
    </Box>
  </Group>
)

const Figures = ({ report }: { readonly report: DoctorReport }) => (
  <Box className="studio-card doctor-figures" p={16}>
    <FigureItem label="Device" value={report.device} />
    <FigureItem label="Back end" value={report.backend === 'tensorflow' ? 'TensorFlow' : 'Portable (slower)'} />
    <FigureItem
      label="Matrix product"
      value={report.gflops === null ? 'could not run' : `${formatNumber(report.gflops)} GFLOP/s`}
    />
  </Box>
)

const Checks = ({ report }: { readonly report: DoctorReport }) => (
  <Box className="studio-card doctor-checks">
    {report.checks.map((check) => (
      <CheckRow key={check.id} check={check} />
    ))}
  </Box>
)

const Waiting = () => (
  <Skeleton h={360} radius="lg" className="doctor-checks" role="status" aria-label="Checking the machine" />
)

/** What the machine has, what is missing, and the cure. */
export function DoctorScreen() {
  const { data, error, isFetching, refetch } = useCall('doctor.report', {})
  const again = (
    <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
      Check again
    </Button>
  )
  return (
    <Page title="Doctor" subtitle="What this machine trains with, and what stands in the way." actions={again}>
      {error && <ErrorAlert title="The checks could not be run" error={error} />}
      <Box className="doctor-layout">
        {data && <Figures report={data} />}
        {data ? <Checks report={data} /> : isFetching && <Waiting />}
        <Box className="doctor-history">
          <HistoryCard />
        </Box>
      </Box>
    </Page>
  )
}
