// The host as the desktop window forks it, with another engine: `forked-host.ts ENGINE`.
import { serveChannel } from '../../main/host/channel.ts'

await serveChannel({ engineEntry: process.argv[2] ?? '' })
