import { expect, test } from 'vitest'
import { chosenModels, modelOptions } from '../../../../renderer/screens/chat/model-options.ts'
import { checkDraft, DEFAULT_DRAFT } from '../../../../renderer/screens/chat/sampling-draft.ts'
import { type ChatModel, generationOptionsSchema } from '../../../../shared/domain/chat.ts'
import type { RunSummary } from '../../../../shared/domain/run.ts'
import { NEW_RUN } from '../../run-summary.ts'

const run = (id: string, status: RunSummary['status'], createdAt: number, resumable = false): RunSummary => ({
  ...NEW_RUN,
  id,
  status,
  createdAt,
  resumable,
  name: `Run ${id}`,
  model: '/models/demo/model',
})
const RUNS = [
  run('old', 'finished', 1),
  run('new', 'finished', 3),
  run('failed', 'failed', 2),
  run('stopped', 'stopped', 4, true),
  run('waiting', 'queued', 5),
]
const tuned = (runId: string, step: number | null = null): ChatModel => ({ kind: 'tuned', runId, step })

test('what is set by default is what the contract defaults to', () => {
  expect(checkDraft(DEFAULT_DRAFT)).toEqual({ options: generationOptionsSchema.parse({}), errors: {} })
})

test('every number that cannot be used has its own message; an empty field is no zero', () => {
  const draft = { ...DEFAULT_DRAFT, temperature: '', top_p: '1.5', top_k: '2.5', seed: 'x', max_new_tokens: '0' }
  const { options, errors } = checkDraft({ ...draft, repetition_penalty: '0', stop_strings: new Array(17).fill('a') })
  expect(options).toBeNull()
  expect(errors).toEqual({
    temperature: 'Give a number from 0 to 100.',
    top_p: 'Give a number above 0 and up to 1.',
    top_k: 'Give a whole number from 0 to 1000000.',
    seed: 'Give a whole number from 0 to 2147483647.',
    max_new_tokens: 'Give a whole number from 1 to 32768.',
    repetition_penalty: 'Give a number above 0 and up to 100.',
    stop_strings: 'At most 16 texts of up to 1000 characters.',
  })
})

test('runs that may have a checkpoint are offered, the newest first, and the bases of the chosen ones', () => {
  const { tuned: offered, bases, others } = modelOptions(RUNS, [], [tuned('old')])
  expect(offered.map(({ value }) => value)).toEqual(['tuned:stopped', 'tuned:new', 'tuned:old'])
  expect(bases).toEqual([{ value: 'base:old', label: 'Base of Run old: demo/model' }])
  expect(others).toEqual([])
})

test('what was chosen stays in the list, whatever has become of it', () => {
  const chosen: ChatModel[] = [
    tuned('failed'),
    tuned('new', 200),
    tuned('gone'),
    { kind: 'folder', folder: '/x/merged' },
  ]
  const { tuned: offered, others } = modelOptions(RUNS, [], chosen)
  expect(offered.map(({ value }) => value)).toContain('tuned:failed')
  expect(others).toEqual([
    { value: 'tuned:new@200', label: 'Run new at step 200' },
    { value: 'tuned:gone', label: 'gone' },
    { value: 'folder:/x/merged', label: 'x/merged' },
  ])
  const folders = modelOptions(RUNS, [{ path: '/x/merged', shipped: false, exists: true }], chosen)
  expect(folders.places).toEqual([{ value: 'folder:/x/merged', label: 'x/merged' }])
})

test('the first run brings its base along, later ones do not, and it can be taken away', () => {
  expect(chosenModels([], ['tuned:new'])).toEqual([{ kind: 'base', runId: 'new' }, tuned('new')])
  expect(chosenModels([tuned('old')], ['tuned:old', 'tuned:new'])).toEqual([tuned('old'), tuned('new')])
  expect(chosenModels([{ kind: 'base', runId: 'new' }, tuned('new')], ['tuned:new'])).toEqual([tuned('new')])
  expect(chosenModels([], ['folder:/x'])).toEqual([{ kind: 'folder', folder: '/x' }])
})
