import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { PairedCard } from '../run/paired-card.tsx'
import type { ReadFeed } from './compared-runs.ts'

type Props = { readonly feeds: readonly ReadFeed[] }

/** Two of the runs on the same examples: whether what their figures differ by may be chance. */
export function PairedRuns({ feeds }: Props) {
  const able = feeds.map(({ run }) => run).filter(({ checkpoints }) => checkpoints.length > 0)
  const [picked, setPicked] = useState<readonly [string | null, string | null]>([null, null])
  const first = able.find(({ id }) => id === picked[0]) ?? able[0]
  const second = able.find(({ id }) => id === picked[1] && id !== first?.id) ?? able.find(({ id }) => id !== first?.id)
  if (!first || !second) return null
  const options = (but: string | null) =>
    able.filter(({ id }) => id !== but).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <PairedCard
      title="On the same examples"
      hint="Two runs are asked the examples of the first one’s file, one by one: that tells a difference from chance better than two figures beside each other."
      a={{ runId: first.id }}
      b={{ runId: second.id }}
      config={first.config}
    >
      <NativeSelect
        size="xs"
        maw={300}
        aria-label="First run"
        data={options(null)}
        value={first.id}
        onChange={({ currentTarget: { value } }) => setPicked([value, picked[1]])}
      />
      <NativeSelect
        size="xs"
        maw={300}
        aria-label="Second run"
        data={options(first.id)}
        value={second.id}
        onChange={({ currentTarget: { value } }) => setPicked([picked[0], value])}
      />
    </PairedCard>
  )
}
