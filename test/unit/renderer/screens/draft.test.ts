import { expect, test } from 'vitest'
import { changedSettings, checkDraft, draftOf, emptyDraft } from '../../../../renderer/screens/new-run/draft.ts'
import { ADVANCED, FIELD_NAMES, fieldsIn, methodFields } from '../../../../renderer/screens/new-run/fields/index.ts'
import { METHOD_KINDS, METHODS } from '../../../../shared/domain/method.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'

const CONFIG = runConfigSchema.parse({ model_name_or_path: '/m', train_file: '/t.jsonl', learning_rate: 0.002 })

test('the form has every setting of a run', () => {
  expect([...FIELD_NAMES].sort()).toEqual(Object.keys(runConfigSchema.shape).sort())
  for (const kind of METHOD_KINDS) {
    const { basic, more } = methodFields(kind)
    expect([...basic, ...more].sort()).toEqual([...METHODS[kind].fields].sort())
  }
})

test('every setting is shown somewhere in the form', () => {
  const sections = ['source', 'training', ...ADVANCED.map(({ section }) => section)] as const
  const methods = METHOD_KINDS.flatMap((kind) => METHODS[kind].fields)
  const shown = new Set<string>([...sections.flatMap(fieldsIn), ...methods, 'method'])
  expect(FIELD_NAMES.filter((name) => !shown.has(name))).toEqual([])
})

test('a configuration survives the form unchanged', () => {
  const changes = [
    {},
    { target_modules: 'all-linear' as const },
    { test_file: '/x', adam_epsilon: 1e-9 },
    { model_revision: 'refs/pr/1' },
    {
      columns: { instruction: 'question', output: 'answer: short' },
      rank_pattern: { q_proj: 8, 'layers.0.v_proj': 4 },
    },
    { layers_to_transform: [0, 3], modules_to_save: ['lm_head'], init_lora_weights: 'pissa' as const },
  ]
  for (const change of changes) {
    const config = { ...CONFIG, ...change }
    expect(checkDraft(draftOf(config))).toEqual({ ok: true, config })
  }
})

test('an empty form lacks just the model and the data', () => {
  const check = checkDraft(emptyDraft())
  expect(check.ok ? [] : Object.keys(check.errors)).toEqual(['model_name_or_path', 'train_file'])
})

test('numbers may be typed with an exponent or a decimal comma', () => {
  const check = checkDraft({ ...draftOf(CONFIG), learning_rate: '2e-4', weight_decay: '0,01' })
  expect(check).toMatchObject({ ok: true, config: { learning_rate: 2e-4, weight_decay: 0.01 } })
})

test('faults are named by field, in words, all at once and in the order of the form', () => {
  const draft = {
    ...draftOf(CONFIG),
    run_name: ' ',
    learning_rate: 'abc',
    num_train_epochs: '0',
    r: '2.5',
    seed: '',
    warmup_ratio: '1.5',
    target_modules: [],
  }
  const check = checkDraft(draft)
  expect(check.ok ? null : Object.entries(check.errors)).toEqual([
    ['run_name', 'Fill this in.'],
    ['learning_rate', 'Give a number.'],
    ['num_train_epochs', 'More than 0.'],
    ['r', 'Give a whole number.'],
    ['target_modules', 'Give at least one.'],
    ['seed', 'Give a number.'],
    ['warmup_ratio', 'At most 1.'],
  ])
})

test('the summary names the settings that are not the default, without name and paths', () => {
  expect(changedSettings({ ...CONFIG, run_name: 'x', r: 8 })).toEqual(['learning_rate', 'r'])
})
