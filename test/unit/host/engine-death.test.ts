import { expect, test } from 'vitest'
import { engineDeath } from '../../../main/host/engine-death.ts'

test('the last word of V8 is found behind a collection line that was cut', () => {
  const line =
    '20 ms) (average mu = 0.2FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - heap out of memory'
  const { details } = engineDeath({ code: null, signal: 'SIGABRT', lines: [line], logFile: 'engine.log' })
  expect(details[0]).toBe(
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - heap out of memory',
  )
})

test('of a full heap the words are shown, not the traces of Node and V8', () => {
  const lines = [
    '<--- Last few GCs --->',
    '[22411:0xd39a000]      114 ms: Mark-Compact (reduce) 10.2 (12.2) -> 9.9 (11.7) MB',
    // Cut in the middle, with the next line run into it: seen under load.
    'ince start of marking 23 ms) (average mu = 0.266, current mu =[29196:0x19bf5000]      723 ms: Mark-Compact (reduce)',
    ' 20 ms) (average mu = 0.2',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    '----- Native stack trace -----',
    '',
    ' 1: 0x931db0  [/usr/bin/node]',
    '12: 0xc8c1bd v8::String::NewFromUtf8(v8::Isolate*, char const*) [/usr/bin/node]',
  ]
  const death = engineDeath({
    code: null,
    signal: 'SIGABRT',
    lines: lines.filter(Boolean),
    logFile: '/runs/1/engine.log',
  })
  expect(death).toMatchObject({
    code: 'engine-died',
    message: 'The engine process ran out of memory and ended (SIGABRT).',
    details: [lines.find((line) => line.startsWith('FATAL')), 'Full log: /runs/1/engine.log'],
    retryable: true,
  })
})
