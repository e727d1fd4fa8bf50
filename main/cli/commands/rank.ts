import { type RankFacts, rankAdvice, rankAdviceText, stillText } from '../../../shared/domain/rank.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { numberText, shareText, tableText } from '../format.ts'
import type { CommandContext, CommandResult } from './command.ts'

const HEAD = ['Module', 'Effective rank', '90 %', '99 %', 'of', 'Moved']

const rowsOf = ({ modules }: RankFacts): string[][] =>
  modules.map(({ module, effective, most, nearlyAll, directions, moved }) => [
    module,
    numberText(effective),
    String(most),
    String(nearlyAll),
    String(directions),
    shareText(moved),
  ])

/** The command that trains with the rank that is advised, everything else as it was; null where none is. */
function nextCommand(id: string, facts: RankFacts): string | null {
  const advice = rankAdvice(facts)
  if (advice.kind !== 'lower' && advice.kind !== 'higher') return null
  return `dora-studio train --from ${id} --set r=${advice.r} --set lora_alpha=${advice.alpha}`
}

/** `rank RUN`: how many of its directions an adapter uses, and what rank to choose next. */
export async function rank(text: string, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost()
  const { id } = await findRun(host, text)
  const facts = await host.call('runs.rank', { runId: id })
  output.record(facts)
  output.line(tableText([HEAD, ...rowsOf(facts)]))
  output.line(`\n${rankAdviceText(facts)}`)
  const next = nextCommand(id, facts)
  if (next !== null) output.line(`Train it with: ${next}`)
  const still = stillText(facts)
  if (still !== null) output.line(still)
  return EXIT.fine
}
