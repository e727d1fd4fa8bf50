import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './theme/global.css'
import { createRoot } from 'react-dom/client'
import { createBrowserClient, takeToken } from './api/browser-client.ts'
import { App } from './app.tsx'
import { applySchemeEarly } from './theme/early-scheme.ts'

applySchemeEarly()
const token = takeToken()
// A link pasted into an open tab carries a new token: start over with it.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload()
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(<App client={token === null ? null : createBrowserClient(token)} />)
