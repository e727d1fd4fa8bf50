import { expect, test } from 'vitest'
import { hrefOf, parseRoute, type Route } from '../../../../renderer/router/route.ts'

const PLACES: readonly Route[] = [
  { screen: 'runs' },
  { screen: 'new-run', from: null },
  { screen: 'new-run', from: 'a b' },
  { screen: 'new-run', from: 'a', rank: { r: 8, alpha: 11.31 } },
  { screen: 'run', runId: 'a/b', tab: 'curves' },
  { screen: 'run', runId: 'x', tab: 'export' },
  { screen: 'doctor' },
  { screen: 'chat', models: [] },
  {
    screen: 'chat',
    models: [
      { kind: 'base', runId: 'a b' },
      { kind: 'tuned', runId: 'x@y', step: null },
      { kind: 'tuned', runId: 'x', step: 200 },
      { kind: 'folder', folder: '/my models/a&b=c,d:e' },
    ],
  },
]

test('every place has an address that leads back to it', () => {
  for (const place of PLACES) expect(parseRoute(hrefOf(place))).toEqual(place)
})

test('unknown and malformed addresses lead somewhere sensible', () => {
  expect(parseRoute('')).toEqual({ screen: 'runs' })
  expect(parseRoute('#/nowhere')).toEqual({ screen: 'runs' })
  expect(parseRoute('#/runs/x/nowhere')).toEqual({ screen: 'run', runId: 'x', tab: 'curves' })
  expect(parseRoute('#/new?from=a&r=many&lora_alpha=2')).toEqual({ screen: 'new-run', from: 'a' })
  expect(parseRoute('#/new?from=a&r=8')).toEqual({ screen: 'new-run', from: 'a' })
  expect(parseRoute('#/runs/%E0%A4%A')).toMatchObject({ screen: 'run' })
  expect(parseRoute('#/chat?m=nothing&m=tuned:&m=other:x&m=base:x&m=base:x')).toEqual({
    screen: 'chat',
    models: [{ kind: 'base', runId: 'x' }],
  })
})
