import { expect, it } from 'vitest'
import type { AdapterMethod } from '../../../../main/engine/adapters/adapter.ts'
import { ADAPTERS } from '../../../../main/engine/adapters/index.ts'
import { METHOD_KINDS, METHODS } from '../../../../shared/domain/method.ts'

it.each(METHOD_KINDS)('the form offers embeddings for %s just where it has a rule for them', (kind) => {
  const method: AdapterMethod = ADAPTERS[kind]
  expect(METHODS[kind].embeddings).toBe(method.embedding !== undefined)
})
