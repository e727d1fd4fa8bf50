import { fault } from '../../../../shared/domain/error.ts'
import type { Paired, Scores } from '../../../../shared/domain/paired.ts'
import { accuracyDifference, meanDifference } from './difference.ts'
import type { Located } from './sides.ts'

type Both<T> = readonly [T, T]
type Judged = Omit<Paired, 'split' | 'file' | 'names' | 'steps'>

/** How far two models differ on the examples that both were asked, and how sure that is. */
export function judge(sides: Both<Located>, [a, b]: Both<Scores>, file: string): Judged {
  if (a.loss.length !== b.loss.length || a.rows !== b.rows)
    throw fault('conflict', `Of ${file} one model has ${a.rows} examples and the other ${b.rows}.`, {
      hint: 'Their settings leave out different rows: max_seq_length, prompt_template or columns.',
    })
  const lossNote = noteOn(sides, [a, b])
  return {
    examples: a.loss.length,
    rows: a.rows,
    lacksHead: [a.lacksHead, b.lacksHead],
    loss: lossNote === null ? meanDifference(a.loss, b.loss) : null,
    lossNote,
    accuracy: a.accuracy && b.accuracy && accuracyDifference(a.accuracy, b.accuracy),
    reciprocalRank: a.reciprocalRank && b.reciprocalRank && meanDifference(a.reciprocalRank, b.reciprocalRank),
  }
}

/** Why a difference of their losses would say nothing, or null. */
function noteOn([first, second]: Both<Located>, [a, b]: Both<Scores>): string | null {
  // Other tokens, or other limits: then the mean is over other things.
  if (!a.labels.every((labels, i) => labels === b.labels[i]))
    return 'Their labels are not the same, so their losses are not compared.'
  if (a.reciprocalRank === null || first.config.similarity_scale === second.config.similarity_scale) return null
  return 'Their similarity_scale is not the same, so their losses are not compared.'
}
