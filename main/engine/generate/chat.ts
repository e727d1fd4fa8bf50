import { toErrorData } from '../../../shared/domain/error.ts'
import type { Backend } from '../ir/executable.ts'
import type { RunControl } from '../train/run.ts'
import { openClassifier } from './classifier.ts'
import type { Inbox } from './inbox.ts'
import { openLanguageModel } from './language-model.ts'
import { type ChatRequest, resolveTask } from './responder.ts'

/** Loads the model and answers one prompt after another until the chat is closed. A failed answer does not end it. */
export async function answerPrompts(backend: Backend, request: ChatRequest, control: RunControl, inbox: Inbox) {
  control.report({ type: 'phase', phase: 'Loading the model', progress: null })
  await control.breathe()
  const resolved = await resolveTask(request)
  const open = resolved.config.task_type === 'CAUSAL_LM' ? openLanguageModel : openClassifier
  const responder = await open(backend, resolved)
  control.report({ type: 'ready', facts: { ...responder.facts, device: backend.device } })
  for (let order = await inbox.next(); order !== null; order = await inbox.next()) {
    const { id } = order
    try {
      const result = await responder.answer(order, {
        onText: (text) => control.report({ type: 'token', id, text }),
        cancelled: () => inbox.cancelled(id),
        breathe: control.breathe,
      })
      control.report({ type: 'generated', id, result })
    } catch (error) {
      control.report({ type: 'generated', id, result: { error: toErrorData(error) } })
    }
  }
  responder.dispose()
  control.report({ type: 'stopped', step: 0 })
}
