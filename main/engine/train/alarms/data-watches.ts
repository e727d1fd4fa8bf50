import { formatPercent } from '../../../../shared/domain/amounts.ts'
import type { Watch } from './watch.ts'

/** Rows whose labels are all masked, mostly because the prompt alone fills max_seq_length. */
export const labelsMasked = (): Watch => ({
  data: ({ droppedRows, rows, truncatedRows }) => {
    if (droppedRows === 0) return null
    const all = droppedRows + rows.train + rows.validation + rows.test
    return {
      message: `${droppedRows} of ${all} rows (${formatPercent(droppedRows / all)}) have no token left to learn and are left out.`,
      hint:
        truncatedRows > 0
          ? 'Their prompts fill max_seq_length: raise it, or shorten the prompts.'
          : 'Their outputs are empty: look at the data, and at the columns that are mapped.',
    }
  },
})

/** An evaluation on rows that were trained on judges memory, not skill. */
export const evaluationOverlap = (): Watch => ({
  data: ({ overlap, rows }) => {
    const parts = (['validation', 'test'] as const)
      .filter((split) => overlap[split] > 0)
      .map(
        (split) => `${overlap[split]} of ${rows[split]} ${split} rows (${formatPercent(overlap[split] / rows[split])})`,
      )
    if (parts.length === 0) return null
    return {
      message: `${parts.join(' and ')} are training rows too.`,
      hint: 'Losses and accuracies on them are better than on new text: take them out of one of the files.',
    }
  },
})
