import {
  SegmentedControl,
  SimpleGrid,
  Slider,
  Stack,
  Switch,
  Text,
  TextInput,
  useMantineColorScheme,
} from '@mantine/core'
import { useState } from 'react'
import { type NoticeState, noticeState, switchNotices } from '../../api/run-notices.ts'
import { useCall } from '../../api/studio.tsx'
import { Card } from '../../ui/card.tsx'
import { CopyAction } from '../../ui/copy-action.tsx'
import { FactRows } from '../../ui/fact-rows.tsx'
import { Page } from '../../ui/page.tsx'
import { limitOf, useMemoryLimit } from '../new-run/use-memory-limit.ts'
import { useChartOptions } from '../run/chart-options.tsx'
import { HubTokenCard } from './hub-token-card.tsx'

const SCHEMES = [
  { value: 'auto', label: 'Like the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

function Colours() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Card title="Colours">
      <SegmentedControl
        aria-label="Colours"
        value={colorScheme}
        onChange={(value) => setColorScheme(SCHEMES.find((scheme) => scheme.value === value)?.value ?? 'auto')}
        data={[...SCHEMES]}
      />
    </Card>
  )
}

const NOTICE_HINTS: Readonly<Record<NoticeState, string>> = {
  on: 'The system tells you when a run ends, while a window of the studio is open.',
  off: 'Your browser asks once whether it may.',
  blocked:
    'Your browser does not allow it for this address. Allow notifications in its site settings, then switch it on here.',
  'unknown-here': 'This browser has no notifications.',
}

function Notices() {
  const [state, setState] = useState(noticeState)
  return (
    <Card title="Notifications">
      <Switch
        label="Tell me when a run ends"
        description={NOTICE_HINTS[state]}
        checked={state === 'on'}
        disabled={state === 'blocked' || state === 'unknown-here'}
        onChange={(event) => void switchNotices(event.currentTarget.checked).then(setState)}
      />
    </Card>
  )
}

function Charts() {
  const [options, setOptions] = useChartOptions()
  return (
    <Card title="Charts">
      <Text size="sm" id="smoothing-setting" mb={6}>
        Smoothing of new views, from the raw line (0) to very smooth
      </Text>
      <Slider
        maw={360}
        min={0}
        max={0.99}
        step={0.01}
        value={options.smoothing}
        onChange={(smoothing) => setOptions({ ...options, smoothing })}
        label={(value) => value.toFixed(2)}
        thumbProps={{ 'aria-labelledby': 'smoothing-setting' }}
      />
      <Switch
        mt={18}
        label="Logarithmic scale"
        checked={options.logScale}
        onChange={(event) => setOptions({ ...options, logScale: event.currentTarget.checked })}
      />
    </Card>
  )
}

function Memory() {
  const { typed, setTyped, keepNow, error } = useMemoryLimit()
  const wrong = typed.trim() !== '' && limitOf(typed) === null
  return (
    <Card title="Memory">
      <TextInput
        label="Limit of memory in GB"
        description="A run, or a model one talks to, that would take more is refused before it starts. Empty: what is free. On a GPU its own memory is what is free, and this is of the rest."
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        maw={460}
        inputMode="decimal"
        placeholder="none"
        value={typed}
        error={error?.message ?? (wrong && 'Give a size, such as 8 or 0.6.')}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={keepNow}
      />
    </Card>
  )
}

function Place() {
  const { data: info } = useCall('app.info', {})
  return (
    <Card title="On this machine" action={info && <CopyAction text={info.dataFolder} label="Copy path" />}>
      <FactRows
        rows={[
          ['Data folder', info?.dataFolder ?? '…'],
          ['Version', info?.version ?? '…'],
          ['System', info?.platform ?? '…'],
        ]}
      />
      <Text size="sm" c="dimmed" mt={10}>
        Runs, checkpoints and the history lie in the data folder; start the studio with DORA_STUDIO_HOME set to use
        another one.
      </Text>
    </Card>
  )
}

/** What the user decides once. */
export const SettingsScreen = () => (
  <Page
    title="Settings"
    subtitle="Colours, notifications and charts are kept in this browser; the rest belongs to the machine that trains."
  >
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing={14} maw={1400} style={{ alignItems: 'start' }}>
      <Stack gap={14}>
        <Colours />
        <Notices />
        <Charts />
      </Stack>
      <Stack gap={14}>
        <Memory />
        <HubTokenCard />
        <Place />
      </Stack>
    </SimpleGrid>
  </Page>
)
