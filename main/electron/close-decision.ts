/** What closing the window (or quitting) means. */
export type CloseAction = 'background' | 'quit' | 'cancel'

export const CLOSE_BUTTONS = ['Keep running in the background', 'Stop with a checkpoint', 'Cancel'] as const
const ACTIONS: readonly CloseAction[] = ['background', 'quit', 'cancel']

/** The question to ask, or null when nothing is at work and the studio may just leave. */
export function closeQuestion(activeNames: readonly string[]) {
  const [first] = activeNames
  if (first === undefined) return null
  const more = activeNames.length - 1
  const message = more === 0 ? `“${first}” is still running.` : `“${first}” and ${more} more are still running.`
  return {
    type: 'question' as const,
    buttons: [...CLOSE_BUTTONS],
    defaultId: 0,
    // Also what Escape and the dialog's own close button answer.
    cancelId: 2,
    noLink: true,
    title: 'DoRA Studio',
    message,
    detail:
      'In the background the run goes on without a window, which comes back when it ends, when you start the studio again, or from the icon beside the clock where your desktop shows one. Stopped with a checkpoint, it can be resumed later without a loss.',
  }
}

/** What the button pressed asks for; anything unknown cancels. */
export const closeAction = (button: number): CloseAction => ACTIONS[button] ?? 'cancel'
