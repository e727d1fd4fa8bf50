// A host in a process of its own, for tests that kill it: opens the folder, starts the run, prints its id.
import { openHost } from '../../main/host/host.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'

const [dataFolder = '', engineEntry = '', config = ''] = process.argv.slice(2)
const host = await openHost({ dataFolder, engineEntry })
const { id } = await host.call('runs.start', runConfigSchema.parse(JSON.parse(config)))
console.log(id)
