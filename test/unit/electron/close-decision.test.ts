import { expect, test } from 'vitest'
import { CLOSE_BUTTONS, closeAction, closeQuestion } from '../../../main/electron/close-decision.ts'

test('nothing at work: no question', () => {
  expect(closeQuestion([])).toBeNull()
})

test('a run at work is named in the question, others are counted', () => {
  expect(closeQuestion(['demo'])?.message).toBe('“demo” is still running.')
  expect(closeQuestion(['demo', 'b', 'c'])?.message).toBe('“demo” and 2 more are still running.')
})

test('every button does what it says, and Escape changes nothing', () => {
  expect(CLOSE_BUTTONS.map((_, button) => closeAction(button))).toEqual(['background', 'quit', 'cancel'])
  const question = closeQuestion(['demo'])
  expect(closeAction(question?.cancelId ?? -1)).toBe('cancel')
  expect(closeAction(question?.defaultId ?? -1)).toBe('background')
  expect(closeAction(-1)).toBe('cancel')
  expect(closeAction(99)).toBe('cancel')
})
