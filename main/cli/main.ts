#!/usr/bin/env node
import { runProgram } from './program.ts'

// `dora-studio runs | head`: the reader left, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await runProgram(process.argv.slice(2))
