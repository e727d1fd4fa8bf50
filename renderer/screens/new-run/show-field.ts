import type { FieldName } from './fields/index.ts'

/** Takes the user to a field, once the form has opened the section it is in. */
export function showField(name: FieldName): void {
  requestAnimationFrame(() => {
    const field = document.getElementsByName(name)[0]
    field?.scrollIntoView({ block: 'center' })
    field?.focus({ preventScroll: true })
  })
}
