// Entry of dist/history.mjs: prints a HistoryReport of the database it is given. Its own process, since a long history
// keeps it busy for seconds.
import { inspectHistory } from './store/inspect-history.ts'

const [file = ''] = process.argv.slice(2)
console.log(JSON.stringify(inspectHistory(file)))
