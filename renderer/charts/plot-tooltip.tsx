import { formatCount } from '../format/numbers.ts'
import { PLOT_HEIGHT } from './plot-size.ts'

export type TooltipRow = {
  readonly key: string
  readonly label: string
  readonly colour: string
  readonly text: string
}

type BoxProps = { readonly title: string; readonly rows: readonly TooltipRow[] }

const TWO_COLUMNS_FROM = 9

/** The box beside the pointer. */
export const TooltipBox = ({ title, rows }: BoxProps) => (
  <div
    className="numbers"
    style={{
      background: 'var(--studio-raised)',
      border: '1px solid var(--studio-line)',
      borderRadius: 7,
      padding: '7px 10px',
      boxShadow: 'var(--mantine-shadow-md)',
      fontSize: 12,
      lineHeight: 1.5,
    }}
  >
    <div style={{ fontWeight: 600 }}>{title}</div>
    <div style={{ columnCount: rows.length >= TWO_COLUMNS_FROM ? 2 : 1, columnGap: 18 }}>
      {rows.map(({ key, label, colour, text }) => (
        <div key={key} style={{ display: 'flex', alignItems: 'center', gap: 7, breakInside: 'avoid' }}>
          <span style={{ width: 8, height: 8, borderRadius: 4, background: colour, flex: 'none' }} />
          <span style={{ color: 'var(--mantine-color-dimmed)' }}>{label}</span>
          <span style={{ marginLeft: 'auto', fontWeight: 600, paddingLeft: 8 }}>{text}</span>
        </div>
      ))}
    </div>
  </div>
)

type FloatingProps = BoxProps & { readonly x: number; readonly y: number; readonly width: number }

/** The box beside a place of a drawing `width` pixels wide, whose container is positioned; from its top left. */
export const FloatingBox = ({ x, y, width, ...box }: FloatingProps) => (
  <div
    style={{
      position: 'absolute',
      pointerEvents: 'none',
      zIndex: 5,
      top: Math.min(y + 12, PLOT_HEIGHT - 80),
      ...(x > width / 2 ? { right: width - x + 12 } : { left: x + 12 }),
    }}
  >
    <TooltipBox {...box} />
  </div>
)

export const stepTitle = (step: number): string => `Step ${formatCount(step)}`
