import { useCallback, useMemo, useState } from 'react'
import { type Check, checkDraft, type Draft, type DraftValue, type FieldErrors } from './draft.ts'
import type { FieldName } from './fields/index.ts'

export type DraftForm = {
  readonly draft: Draft
  readonly check: Check
  /** Errors of fields the user has left, or all after a try to start. */
  readonly shownErrors: FieldErrors
  readonly set: (name: FieldName, value: DraftValue) => void
  readonly touch: (name: FieldName) => void
  readonly touchAll: () => void
  readonly replace: (draft: Draft) => void
}

/** State of the form; checked as a whole on every change. */
export function useDraft(initial: Draft): DraftForm {
  const [draft, setDraft] = useState(initial)
  const [touched, setTouched] = useState<ReadonlySet<FieldName> | 'all'>(new Set())
  const check = useMemo(() => checkDraft(draft), [draft])
  const errors = check.ok ? {} : check.errors
  const shown = Object.entries(errors).filter(([name]) => touched === 'all' || touched.has(name as FieldName))

  return {
    draft,
    check,
    shownErrors: Object.fromEntries(shown),
    set: useCallback((name, value) => setDraft((old) => ({ ...old, [name]: value })), []),
    touch: useCallback((name) => setTouched((old) => (old === 'all' ? old : new Set([...old, name]))), []),
    touchAll: useCallback(() => setTouched('all'), []),
    replace: useCallback((next) => {
      setDraft(next)
      setTouched(new Set())
    }, []),
  }
}
