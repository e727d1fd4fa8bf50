// The real command line on the scripted engine: node command-line.ts DATA_FOLDER ENGINE ARGS...
import { runProgram } from '../../main/cli/program.ts'

const [dataFolder = '', engineEntry = '', ...args] = process.argv.slice(2)
process.exitCode = await runProgram(args, { dataFolder, engineEntry, stopTimeoutMs: 5_000 })
