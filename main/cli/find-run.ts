import { fault } from '../../shared/domain/error.ts'
import type { RunSummary } from '../../shared/domain/run.ts'
import type { Host } from '../host/host.ts'

/** The run a user means: `last`, an id, the beginning of one, or a name; must be one run only. */
export async function findRun(host: Host, text: string): Promise<RunSummary> {
  const runs = await host.call('runs.list', {})
  const newest = runs[0]
  if (text === 'last' && newest) return newest
  const exact = runs.find(({ id }) => id === text)
  if (exact) return exact
  const matches = runs.filter(({ id, name }) => id.startsWith(text) || name === text)
  const [match] = matches
  if (match && matches.length === 1) return match
  if (matches.length === 0) {
    throw fault('not-found', `There is no run ${text}.`, { hint: 'See the list with: dora-studio runs' })
  }
  throw fault('conflict', `${matches.length} runs match ${text}; give more of the id.`, {
    details: matches.slice(0, 10).map(({ id, name }) => `${id}  ${name}`),
  })
}
