import type { ReactNode } from 'react'
import { PLOT_HEIGHT } from './plot-size.ts'

export type LegendItem = {
  /** Default: the label. */
  readonly key?: string
  /** The value alone; the label is in its title. */
  readonly bare?: boolean
  readonly label: string
  readonly colour: string
  /** Latest value as text. */
  readonly value?: string | undefined
  readonly dots?: boolean
  /** SVG dash pattern, where colour alone must not tell the lines apart. */
  readonly dash?: string | undefined
}

type SwatchProps = { readonly colour: string; readonly dots: boolean; readonly dash?: string | undefined }

const Swatch = ({ colour, dots, dash }: SwatchProps) => (
  <svg width={dots ? 8 : 20} height={8} style={{ flex: 'none' }} aria-hidden="true">
    {dots ? (
      <circle cx={4} cy={4} r={4} fill={colour} />
    ) : (
      <line x1={1} x2={19} y1={4} y2={4} stroke={colour} strokeWidth={2.5} strokeDasharray={dash} />
    )}
  </svg>
)

/** A legend that also says where each line stands now. Plain elements: it is drawn as often as the lines are. */
export const Legend = ({ items }: { readonly items: readonly LegendItem[] }) =>
  items.map(({ label, colour, value, dots = false, dash, key = label, bare = false }) => (
    <div key={key} className="legend-item" data-legend={[label, value].filter(Boolean).join(' ')} title={label}>
      <Swatch colour={colour} dots={dots} dash={dash} />
      {!bare && <span className="legend-label">{label}</span>}
      {value !== undefined && <b className="numbers">{value}</b>}
    </div>
  ))

type FrameProps = { readonly legend: ReactNode; readonly empty: boolean; readonly children: ReactNode }

/** Legend row and drawing, both of fixed height; says so when there is nothing to draw yet. */
export const PlotFrame = ({ legend, empty, children }: FrameProps) => (
  <>
    <div className="legend-row">{!empty && legend}</div>
    <div className={empty ? 'plot-empty' : undefined} style={{ height: PLOT_HEIGHT }}>
      {empty ? 'No values yet' : children}
    </div>
  </>
)
