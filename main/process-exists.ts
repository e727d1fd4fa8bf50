/** Whether a process of that number runs, be it the one that was meant or another that was given its number. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, as somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
