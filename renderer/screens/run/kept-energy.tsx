import { Box, Text } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import { StretchedSvg } from '../../ui/stretched-svg.tsx'

const [WIDTH, HEIGHT] = [600, 160]
const LINES = [0.9, 0.99] as const
/** Marks on the axis below are whole ranks, so many at most. */
const MARKS = 8

const y = (share: number): number => HEIGHT * (1 - share)

/** Energy that each rank would keep, as steps from rank 0 on. */
export function KeptEnergy({ kept }: { readonly kept: readonly number[] }) {
  if (kept.length === 0) return null
  const x = (rank: number) => (WIDTH * rank) / kept.length
  const path = kept.map((share, i) => `L${x(i + 1)} ${y(share)}`).join('')
  const every = Math.ceil(kept.length / MARKS)
  const marks = kept.flatMap((_, i) => ((i + 1) % every === 0 ? [i + 1] : []))
  const half = kept[Math.ceil(kept.length / 2) - 1] ?? 1
  return (
    <Box component="figure" m={0} miw={280} className="kept-energy">
      <Text size="sm" fw={600} component="figcaption" mb={6}>
        Energy kept by a rank, mean of the modules
      </Text>
      <StretchedSvg
        width={WIDTH}
        height={HEIGHT}
        label={`Rank ${Math.ceil(kept.length / 2)} of ${kept.length} keeps ${formatPercent(half)} of the energy.`}
      >
        <path d={`M0 ${HEIGHT}${path}L${WIDTH} ${HEIGHT}Z`} className="kept-area" />
        <path d={`M0 ${HEIGHT}${path}`} className="kept-line" />
        {LINES.map((share) => (
          <line key={share} x1={0} x2={WIDTH} y1={y(share)} y2={y(share)} className="kept-mark" />
        ))}
      </StretchedSvg>
      <Box className="kept-axis numbers">
        {marks.map((rank) => (
          <Text key={rank} span size="xs" c="dimmed" style={{ left: `${(100 * rank) / kept.length}%` }}>
            {rank}
          </Text>
        ))}
      </Box>
      <Text size="xs" c="dimmed" mt={18}>
        Dashed: 90 and 99 %.
      </Text>
    </Box>
  )
}
