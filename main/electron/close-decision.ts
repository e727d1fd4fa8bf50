/** What closing the window (or quitting) means. */
export type CloseAction = 'background' | 'quit' | 'cancel'

export const CLOSE_BUTTONS = ['Keep running in the background', 'Stop with a checkpoint', 'Cancel'] as const
const ACTIONS: readonly CloseAction[] = ['background', 'quit', 'cancel']

const RUN_DETAIL =
  'In the background the run goes on without a window, which comes back when it ends, when you start the studio again, or from the icon beside the clock where your desktop shows one. Stopped with a checkpoint, it can be resumed later without a loss.'
const PAIR_DETAIL =
  'In the background it goes on without a window, which comes back when it ends, when you start the studio again, or from the icon beside the clock where your desktop shows one. Stopped, its answers so far are lost.'

type Named = { readonly name: string }

/** The question to ask of runs and paired evaluations, or null when nothing is at work and the studio may just leave. */
export function closeQuestion(runs: readonly Named[], pairs: readonly Named[] = []) {
  const [first, ...more] = [...runs, ...pairs]
  if (first === undefined) return null
  const [background, stop, cancel] = CLOSE_BUTTONS
  const message =
    more.length === 0
      ? `“${first.name}” is still running.`
      : `“${first.name}” and ${more.length} more are still running.`
  return {
    type: 'question' as const,
    buttons: [background, runs.length === 0 ? 'Stop it' : stop, cancel],
    defaultId: 0,
    // Also what Escape and the dialog's own close button answer.
    cancelId: 2,
    noLink: true,
    title: 'DoRA Studio',
    message,
    detail: runs.length === 0 ? PAIR_DETAIL : RUN_DETAIL,
  }
}

/** What the button pressed asks for; anything unknown cancels. */
export const closeAction = (button: number): CloseAction => ACTIONS[button] ?? 'cancel'
