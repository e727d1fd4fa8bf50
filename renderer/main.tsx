import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './theme/global.css'
import { createRoot } from 'react-dom/client'
import { createBrowserClient, takeToken } from './api/browser-client.ts'
import { createDesktopClient } from './api/desktop-client.ts'
import { App } from './app.tsx'
import { applySchemeEarly } from './theme/early-scheme.ts'
import { HostNotice } from './ui/host-notice.tsx'

applySchemeEarly()

/** Over IPC in the desktop window, else over the WebSocket of the host that served the page. */
function studio() {
  if (window.studioBridge !== undefined) {
    const desktop = createDesktopClient(window.studioBridge)
    return <App client={desktop.client} notice={<HostNotice desktop={desktop} />} />
  }
  const token = takeToken()
  // A link pasted into an open tab carries a new token: start over with it.
  addEventListener('hashchange', () => {
    if (location.hash.startsWith('#token=')) location.reload()
  })
  return <App client={token === null ? null : createBrowserClient(token)} />
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(studio())
