import { expect, test } from 'vitest'
import { CLOSE_BUTTONS, closeAction, closeQuestion } from '../../../main/electron/close-decision.ts'

test('nothing at work: no question', () => {
  expect(closeQuestion([])).toBeNull()
})

test('a run at work is named in the question, others are counted', () => {
  expect(closeQuestion([{ name: 'demo' }])?.message).toBe('“demo” is still running.')
  expect(closeQuestion([{ name: 'demo' }, { name: 'b' }], [{ name: 'a beside b' }])?.message).toBe(
    '“demo” and 2 more are still running.',
  )
})

test('a paired evaluation is not lost with the window either, and nobody is promised a checkpoint of it', () => {
  const question = closeQuestion([], [{ name: 'Base of demo beside demo' }])
  expect(question?.message).toBe('“Base of demo beside demo” is still running.')
  expect(question?.buttons).toEqual(['Keep running in the background', 'Stop it', 'Cancel'])
  expect(question?.detail).toContain('its answers so far are lost')
})

test('every button does what it says, and Escape changes nothing', () => {
  expect(CLOSE_BUTTONS.map((_, button) => closeAction(button))).toEqual(['background', 'quit', 'cancel'])
  const question = closeQuestion([{ name: 'demo' }])
  expect(closeAction(question?.cancelId ?? -1)).toBe('cancel')
  expect(closeAction(question?.defaultId ?? -1)).toBe('background')
  expect(closeAction(-1)).toBe('cancel')
  expect(closeAction(99)).toBe('cancel')
})
