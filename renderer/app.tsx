import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { SocketClient } from './api/client.ts'
import { createQueryClient, StudioProvider } from './api/studio.tsx'
import { type Route, useRoute } from './router/route.ts'
import { keepPositions, keptPosition, restorePosition } from './router/scroll-memory.ts'
import { Screen } from './screens/index.tsx'
import { SCHEME_KEY } from './theme/early-scheme.ts'
import { cssVariables, theme } from './theme/theme.ts'
import { EmptyState } from './ui/empty-state.tsx'
import { Shell } from './ui/shell.tsx'

const schemeManager = localStorageColorSchemeManager({ key: SCHEME_KEY })

/**
 * Another screen begins at its top, and is as it was left when one goes back to it; a tab, or another choice on the same
 * screen, leaves the page where it is.
 */
function useScrolling({ screen, ...place }: Route): void {
  const shown = `${screen} ${'runId' in place ? place.runId : ''}`
  const before = useRef('')
  useEffect(keepPositions, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: each address is an entry of its own
  useLayoutEffect(() => {
    const kept = keptPosition()
    const other = before.current !== shown
    before.current = shown
    if (kept !== null) return restorePosition(kept)
    if (other) scrollTo({ top: 0, behavior: 'instant' })
  }, [shown, location.hash])
}

function Studio() {
  const route = useRoute()
  useScrolling(route)
  return (
    <Shell route={route}>
      <Screen route={route} />
    </Shell>
  )
}

const NoToken = () => (
  <EmptyState
    icon="alert"
    title="This link has no token"
    text="Open the link that DoRA Studio printed when it started; it ends in #token=… and is good until the studio is closed."
  />
)

type AppProps = {
  /** null: the page was opened without a token. */
  readonly client: SocketClient | null
  /** What the desktop window has to say over the page. */
  readonly notice?: ReactNode
}

export function App({ client, notice }: AppProps) {
  const [queries] = useState(createQueryClient)
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
    >
      <Notifications position="bottom-right" />
      {notice}
      {client === null ? (
        <NoToken />
      ) : (
        <StudioProvider client={client} queries={queries}>
          <Studio />
        </StudioProvider>
      )}
    </MantineProvider>
  )
}
