/**
 * A value from a file or a message as JSON, for an error text: cut to `length` characters, and never a fault of its own,
 * however deep or odd the value is.
 */
export function shown(value: unknown, length = 80): string {
  const text = asJson(value)
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'missing'
  } catch {
    // Too deep for the stack, or no JSON at all.
    return Array.isArray(value) ? 'a deeply nested list' : `a deeply nested ${typeof value}`
  }
}
