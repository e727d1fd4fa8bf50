import vm from 'node:vm'

const context = vm.createContext({ work: null })
const script = new vm.Script('work()')

/**
 * Runs what a stranger's file says (a template, a regular expression), and ends it after `seconds`: such a file may take
 * for ever, by accident or on purpose. What `work` throws is passed on; `late` makes the error where it took too long.
 */
export function within<T>(seconds: number, late: () => Error, work: () => T): T {
  let result: { readonly value: T } | null = null
  context.work = () => {
    result = { value: work() }
  }
  try {
    script.runInContext(context, { timeout: seconds * 1000 })
  } catch (error) {
    throw isTimeout(error) ? late() : error
  }
  return (result as unknown as { readonly value: T }).value
}

const isTimeout = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
