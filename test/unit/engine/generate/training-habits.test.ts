import { join } from 'node:path'
import { expect, it } from 'vitest'
import { habitsOf, trainingHabits } from '../../../../main/engine/generate/training-habits.ts'

const rows = (answers: readonly string[]) =>
  answers.map((output, i) => ({
    line: i + 1,
    kind: 'instruction' as const,
    instruction: 'Sort',
    input: `${i}`,
    output,
  }))

it('finds the instruction and the eight label words of the demo data', async () => {
  const train_file = join(import.meta.dirname, '../../../../resources/demo/kinds.train.jsonl')
  const { instruction, answers } = await trainingHabits({ train_file, columns: {} })
  expect(instruction).toMatch(/^What kind of thing is this\?/)
  expect(answers).toEqual(['animal', 'artifact', 'body', 'food', 'person', 'place', 'plant', 'substance'])
})

it('takes answers for texts where they are many, long, or hardly repeated', () => {
  expect(habitsOf(rows(['a', 'b', 'a', 'b', 'a', 'b'])).answers).toEqual(['a', 'b'])
  expect(habitsOf(rows(['a', 'b', 'a', 'b'])).answers).toEqual([])
  expect(habitsOf(rows(new Array(9).fill('the same'))).answers).toEqual([])
  expect(habitsOf(rows(['a', 'b'.repeat(60), 'a', 'a', 'a', 'a'])).answers).toEqual([])
  expect(habitsOf(rows(Array.from({ length: 90 }, (_, i) => `${i % 30}`))).answers).toEqual([])
})

it('knows nothing of data that is gone', async () => {
  const gone = { train_file: '/no/such/file.jsonl', columns: {} }
  expect(await trainingHabits(gone)).toEqual({ system: '', instruction: '', answers: [] })
})

it('finds the system message that conversations begin with', () => {
  const talk = (role: 'system' | 'user') => ({
    line: 1,
    kind: 'chat' as const,
    messages: [
      { role, content: 'Be brief.', learnt: false },
      { role: 'assistant' as const, content: 'Yes.', learnt: true },
    ],
  })
  expect(habitsOf([talk('system')])).toEqual({ system: 'Be brief.', instruction: '', answers: [] })
  expect(habitsOf([talk('user')]).system).toBe('')
})
