import { expect, test } from 'vitest'
import { targetGroups, withTarget } from '../../../../renderer/screens/new-run/target-names.ts'

const targets = { linears: ['q_proj', 'up_proj'], embeddings: ['embed_tokens'] }

test('embeddings are offered apart from linear layers, where there are any', () => {
  const embeddings = { group: 'Embeddings (all-linear leaves them out)', items: ['embed_tokens'] }
  expect(targetGroups('modules', targets)).toEqual([
    { group: 'Linear layers', items: ['all-linear', 'q_proj', 'up_proj'] },
    embeddings,
  ])
  expect(targetGroups('names', targets)).toEqual([{ group: 'Linear layers', items: ['q_proj', 'up_proj'] }, embeddings])
  expect(targetGroups('modules', { ...targets, embeddings: [] })).toHaveLength(1)
  expect(targetGroups('optional-numbers', targets)).toEqual([])
})

test('all-linear stands alone, and an embedding beside it spells it out', () => {
  expect(withTarget(['q_proj'], ['q_proj', 'all-linear'], targets)).toEqual(['all-linear'])
  expect(withTarget(['all-linear'], ['all-linear', 'q_proj'], targets)).toEqual(['q_proj'])
  expect(withTarget(['all-linear'], ['all-linear', 'embed_tokens'], targets)).toEqual([
    'q_proj',
    'up_proj',
    'embed_tokens',
  ])
  expect(withTarget(['q_proj'], ['q_proj', 'embed_tokens'], targets)).toEqual(['q_proj', 'embed_tokens'])
})
