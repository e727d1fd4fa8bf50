// A studio's host and browser front in a process of their own, for tests that attack it: opens the folder, prints port and token.
import { startFront } from '../../main/host/front/server.ts'
import { openHost } from '../../main/host/host.ts'

const [dataFolder = '', engineEntry = '', root = ''] = process.argv.slice(2)
const host = await openHost({ dataFolder, engineEntry })
const { port, token } = await startFront({ host, port: 0, root })
console.log(JSON.stringify({ port, token }))
