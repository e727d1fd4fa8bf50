import { Anchor } from '@mantine/core'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { MOST_TWINS } from '../../../shared/domain/twins.ts'
import { useCall } from '../../api/studio.tsx'
import { hrefOf } from '../../router/route.ts'
import { methodLabel } from '../runs/run-figures.ts'

/** To the comparison with the runs that were started together with this one; nothing where there are none. */
export function TwinsLink({ run }: { readonly run: RunSummary }) {
  const { data: runs = [] } = useCall('runs.list', {})
  if (run.twins === null) return null
  const all = runs.filter(({ twins }) => twins === run.twins).slice(0, MOST_TWINS)
  const others = all.filter(({ id }) => id !== run.id)
  if (others.length === 0) return null
  const names = others.map(({ method }) => methodLabel(method)).join(', ')
  return (
    <>
      {'  ·  '}
      <Anchor inherit href={hrefOf({ screen: 'compare', runs: all.map(({ id }) => id).reverse() })}>
        {`Compare with ${names}`}
      </Anchor>
    </>
  )
}
