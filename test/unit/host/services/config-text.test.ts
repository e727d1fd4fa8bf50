import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatRunConfig, parseRunConfig } from '../../../../main/host/services/config-text.ts'
import { LR_SCHEDULES, runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf } from '../studio.ts'

const base = 'model_name_or_path: model\ntrain_file: data/train.jsonl\n'
const parse = (more: string) => parseRunConfig(base + more, '/recipes')
const details = async (more: string) => (await faultOf(() => parse(more))).details

test('paths are taken against the folder of the file, ~ against the home', () => {
  const config = parse('validation_file: ~/v.jsonl\ntest_file: /abs/t.jsonl\n')
  expect(config.model_name_or_path).toBe('/recipes/model')
  expect(config.train_file).toBe('/recipes/data/train.jsonl')
  expect(config.validation_file).toBe(join(homedir(), 'v.jsonl'))
  expect(config.test_file).toBe('/abs/t.jsonl')
})

test('fields left out have their defaults and numbers may be written as 2e-4', () => {
  expect(parse('learning_rate: 2e-4\n')).toMatchObject({ learning_rate: 2e-4, r: 16, method: 'dora' })
})

test('names of other trainers are understood', () => {
  expect(parse('lora_r: 4\ncutoff_len: 128\nuse_dora: false\n')).toMatchObject({
    r: 4,
    max_seq_length: 128,
    method: 'lora',
  })
  expect(parse('peft_use_dora: true\n').method).toBe('dora')
})

test('the switches of transformers for quantised weights are understood', async () => {
  expect(parse('load_in_4bit: true\nload_in_8bit: false\n').quantization).toBe('nf4')
  expect(parse('load_in_8bit: true\n').quantization).toBe('int8')
  expect(parse('load_in_4bit: false\n').quantization).toBe('none')
  expect(await details('load_in_4bit: true\nload_in_8bit: true\n')).toHaveLength(1)
  expect(await details('load_in_4bit: 4\n')).toHaveLength(1)
})

test('one setting under two names with different values is a fault', async () => {
  expect(await details('r: 8\nlora_r: 4\n')).toEqual([expect.stringContaining('r and lora_r are the same setting (r)')])
  expect(await details('method: lora\nuse_dora: true\n')).toHaveLength(1)
  expect(parse('r: 8\nlora_r: 8\n').r).toBe(8)
})

test('an unknown field is named with the nearest known one', async () => {
  expect(await details('learning_rat: 1\n')).toEqual(['learning_rat: unknown field; did you mean learning_rate?'])
  expect(await details('colour: red\n')).toEqual(['colour: unknown field'])
})

test('all faults are told at once, each with field, got and wanted', async () => {
  const error = await faultOf(() =>
    parse('learning_rate: high\nr: 0\nlr_scheduler_type: zigzag\nseed: 1.5\ntarget_modules: 3\n'),
  )
  expect(error.message).toContain('5 faults in all')
  expect(error.details).toEqual([
    'r: got 0, wanted at least 1.',
    'target_modules: wanted all-linear or a list of module names such as [q_proj, v_proj].',
    'learning_rate: got "high", wanted a number.',
    'lr_scheduler_type: got "zigzag", wanted one of linear, cosine, constant.',
    'seed: got 1.5, wanted a whole number.',
  ])
})

test('a missing field is told as missing', async () => {
  const error = await faultOf(() => parseRunConfig('r: 4\n', '/recipes'))
  expect(error.details).toEqual([
    'model_name_or_path: missing, wanted a string.',
    'train_file: missing, wanted a string.',
  ])
})

test('text that is no YAML is told with its line', async () => {
  const error = await faultOf(() => parse('r: [1, 2\nseed: 3\n'))
  expect(error).toMatchObject({ code: 'bad-config' })
  expect(error.message).toMatch(/line \d/)
})

test.each(['', '- a\n- b\n', 'just words', '42'])('a document without settings (%j) is refused', async (text) => {
  expect((await faultOf(() => parseRunConfig(text, '/'))).message).toContain('holds no settings')
})

test('a bomb of YAML aliases is refused', async () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`,
  )
  expect((await faultOf(() => parseRunConfig(['a0: &a0 [x]', ...levels].join('\n'), '/'))).code).toBe('bad-config')
})

test('overrides win over the file and may use other names', () => {
  const config = parseRunConfig(`${base}r: 4\n`, '/recipes', { overrides: { lora_r: 9, seed: 3 } })
  expect(config).toMatchObject({ r: 9, seed: 3 })
})

test('what is written is read back equal', () => {
  const field = fc.record({
    run_name: fc.string({ minLength: 1, maxLength: 60 }).filter((name) => name.trim() === name && name !== ''),
    prompt_template: fc.string({ minLength: 1, maxLength: 200 }),
    learning_rate: fc.double({ min: 1e-8, max: 1, noNaN: true }),
    lr_scheduler_type: fc.constantFrom(...LR_SCHEDULES),
    target_modules: fc.oneof(
      fc.constant('all-linear' as const),
      fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 }),
    ),
  })
  fc.assert(
    fc.property(field, (fields) => {
      const config = runConfigSchema.parse({ ...fields, model_name_or_path: '/m', train_file: '/t' })
      expect(parseRunConfig(formatRunConfig(config), '/elsewhere')).toEqual(config)
    }),
    { numRuns: 200 },
  )
})

test('a revision of the hub is read under the names of other trainers, and checked', () => {
  const revision = (line: string) =>
    parseRunConfig(`model_name_or_path: org/name\ntrain_file: /a.jsonl\n${line}`, '/').model_revision
  expect(['', 'model_revision: refs/pr/1', 'revision: v1.0', 'revision_of_model: main'].map(revision)).toEqual([
    null,
    'refs/pr/1',
    'v1.0',
    'main',
  ])
  expect(() => revision('model_revision: ../../etc')).toThrow('model_revision')
})

test('a model that is no folder beside the file is one of the hub, if it is written like one', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'org/here'), { recursive: true })
  const model = (text: string) =>
    parseRunConfig(`model_name_or_path: ${text}\ntrain_file: a.jsonl`, folder).model_name_or_path
  expect(model('org/name')).toBe('org/name')
  expect(model('org/here')).toBe(join(folder, 'org/here'))
  expect(['name', './org/name', 'a/b/c'].map(model)).toEqual(
    ['name', 'org/name', 'a/b/c'].map((path) => join(folder, path)),
  )
})
