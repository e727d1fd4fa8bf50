import { AppShell, Box, Group, NavLink, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { hrefOf, type Route } from '../router/route.ts'
import { ConnectionBanner } from './connection-banner.tsx'
import { Icon, type IconName } from './icon.tsx'
import { SchemeSwitch } from './scheme-switch.tsx'
import { StatusBar } from './status-bar.tsx'

type RailEntry = {
  readonly label: string
  readonly icon: IconName
  readonly route: Route
  readonly screens: readonly Route['screen'][]
}

const RAIL: readonly RailEntry[] = [
  { label: 'Runs', icon: 'runs', route: { screen: 'runs' }, screens: ['runs', 'run'] },
  { label: 'New run', icon: 'plus', route: { screen: 'new-run', from: null }, screens: ['new-run'] },
  { label: 'Models', icon: 'cube', route: { screen: 'models', path: null }, screens: ['models'] },
  { label: 'Data', icon: 'table', route: { screen: 'data', path: null }, screens: ['data'] },
  { label: 'Chat', icon: 'chat', route: { screen: 'chat', models: [] }, screens: ['chat'] },
  { label: 'Compare', icon: 'compare', route: { screen: 'compare', runs: [] }, screens: ['compare'] },
  { label: 'Doctor', icon: 'pulse', route: { screen: 'doctor' }, screens: ['doctor'] },
  { label: 'Settings', icon: 'gear', route: { screen: 'settings' }, screens: ['settings'] },
]

const Brand = () => (
  <Group gap={10} px={14} h={60} wrap="nowrap">
    <img src="./icon.svg" width={28} height={28} alt="" />
    <Text fw={700} fz={16} className="rail-text" style={{ letterSpacing: '-0.01em' }}>
      DoRA Studio
    </Text>
  </Group>
)

const Rail = ({ screen }: { readonly screen: Route['screen'] }) => (
  <Stack gap={4} px={10} py={8}>
    {RAIL.map(({ label, icon, route, screens }) => (
      <NavLink
        key={label}
        href={hrefOf(route)}
        label={label}
        aria-label={label}
        title={label}
        leftSection={<Icon name={icon} />}
        active={screens.includes(screen)}
        {...(screens.includes(screen) ? { 'aria-current': 'page' as const } : {})}
        style={{ borderRadius: 'var(--mantine-radius-md)' }}
      />
    ))}
  </Stack>
)

/** Rail, content, status bar. In a narrow window the rail shows its icons alone. */
export const Shell = ({ route, children }: { readonly route: Route; readonly children: ReactNode }) => (
  <AppShell
    layout="alt"
    navbar={{ width: { base: 56, lg: 196 }, breakpoint: 0 }}
    footer={{ height: 32 }}
    transitionDuration={0}
  >
    <AppShell.Navbar className="studio-rail" component="nav" aria-label="Sections">
      <Brand />
      <Rail screen={route.screen} />
      <Box mt="auto" p={11}>
        <SchemeSwitch />
      </Box>
    </AppShell.Navbar>
    <AppShell.Main className="studio-main" id="content" tabIndex={-1}>
      <ConnectionBanner />
      {children}
    </AppShell.Main>
    <AppShell.Footer className="studio-status">
      <StatusBar />
    </AppShell.Footer>
  </AppShell>
)
