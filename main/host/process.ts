// The host as a process of its own, forked by the desktop window.
import { StudioError } from '../../shared/domain/error.ts'
import { serveChannel } from './channel.ts'

serveChannel().catch((error: unknown) => {
  const text = error instanceof StudioError ? `${error.data.message} ${error.data.hint}` : String(error)
  console.error(text)
  process.exit(1)
})
