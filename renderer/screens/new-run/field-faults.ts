import { StudioError } from '../../../shared/domain/error.ts'
import type { FieldErrors } from './draft.ts'
import { FIELD_NAMES, type FieldName } from './fields/index.ts'
import type { DraftForm } from './use-draft.ts'
import type { PreviewState } from './use-preview.ts'

const fieldOf = (name: string): FieldName | undefined => FIELD_NAMES.find((field) => field === name)

/** What the engine found in the files, by the field that has to be changed; nothing while it is of earlier settings. */
export function previewFaults({ preview, stale }: Pick<PreviewState, 'preview' | 'stale'>): FieldErrors {
  if (preview === undefined || stale) return {}
  const named = preview.problems.flatMap(({ field, message, hint }) => {
    const name = fieldOf(field)
    return name === undefined ? [] : [[name, [message, hint].filter(Boolean).join(' ')] as const]
  })
  // The first fault of a field is the one to mend first.
  return Object.fromEntries(named.reverse())
}

/** The faults of a refused start: its details are lines such as `train_file: /data/a.jsonl is empty.` */
export function startFaults(error: unknown): FieldErrors {
  if (!(error instanceof StudioError)) return {}
  const named = error.data.details.flatMap((line) => {
    const at = line.indexOf(': ')
    const name = at < 0 ? undefined : fieldOf(line.slice(0, at))
    return name === undefined ? [] : [[name, line.slice(at + 2)] as const]
  })
  return Object.fromEntries(named.reverse())
}

/** The form with faults found elsewhere beside its fields; what the form itself finds wrong goes before them. */
export const withFaults = (form: DraftForm, faults: FieldErrors): DraftForm => ({
  ...form,
  shownErrors: form.check.ok ? { ...faults, ...form.shownErrors } : form.shownErrors,
})
