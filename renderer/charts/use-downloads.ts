import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { fetchExactSeries } from '../api/exact-series.ts'
import { useStudio } from '../api/studio.tsx'
import type { CardInfo, CardRef, DownloadSource } from './chart-card.tsx'
import { csvParts } from './csv.ts'
import { fileNameOf, saveFile } from './save-file.ts'
import { svgPicture } from './svg-picture.ts'

type Options = {
  readonly info: CardInfo
  readonly sources: { readonly current: readonly DownloadSource[] }
  readonly card: CardRef
}

const complain = (error: unknown): void =>
  void notifications.show({
    color: 'red',
    title: 'The chart could not be saved',
    message: error instanceof Error ? error.message : String(error),
  })

/** Texts and colours of the legend, from what the card shows. */
const legendOf = (card: HTMLElement) =>
  [...card.querySelectorAll<HTMLElement>('[data-legend]')].map((item) => {
    const mark = item.querySelector('line, circle')
    const style = mark ? getComputedStyle(mark) : null
    const colour = style === null ? '' : mark?.tagName === 'line' ? style.stroke : style.fill
    return { text: item.dataset.legend ?? '', colour }
  })

/** Saving a chart: its exact stored values as CSV, its drawing as PNG. */
export function useDownloads({ info, sources, card }: Options) {
  const client = useStudio()
  const [busy, setBusy] = useState(false)
  const nameOf = ([first, ...others]: readonly DownloadSource[]) =>
    others.length > 0 ? 'comparison' : (first?.run ?? '')

  const readCsv = async () => {
    const shown = sources.current
    const exact = await Promise.all(
      shown.map(async ({ runId, run, range }) => ({
        run,
        series: await fetchExactSeries(client, runId, info.metrics, range),
      })),
    )
    saveFile(fileNameOf(nameOf(shown), info.id, 'csv'), new Blob(csvParts(exact, info.metrics), { type: 'text/csv' }))
  }
  const readPicture = async () => {
    const svg = card.current?.querySelector<SVGSVGElement>('svg.recharts-surface, svg.studio-plot')
    if (!card.current || !svg) throw new Error('There is nothing drawn yet.')
    const shown = sources.current
    const runs = shown.map(({ run }) => run).join(', ')
    const caption = shown.length === 1 ? `${info.caption} · ${runs}` : info.caption
    const picture = await svgPicture({ svg, title: info.title, caption, legend: legendOf(card.current) })
    saveFile(fileNameOf(nameOf(shown), info.id, 'png'), picture)
  }
  return {
    busy,
    csv: () => {
      setBusy(true)
      readCsv()
        .catch(complain)
        .finally(() => setBusy(false))
    },
    png: () => {
      readPicture().catch(complain)
    },
  }
}
