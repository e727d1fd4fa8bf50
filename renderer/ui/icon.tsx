/** Outlines on a 24 x 24 grid, drawn for the studio. */
const PATHS = {
  runs: 'M4 6h16M4 12h16M4 18h10',
  plus: 'M12 5v14M5 12h14',
  pulse: 'M3 12h4l2.5-7 5 14 2.5-7h4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4',
  play: 'M7 4.5v15l12-7.5-12-7.5Z',
  stop: 'M6 6h12v12H6z',
  export: 'M12 15V4M8 8l4-4 4 4M5 14v5h14v-5',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  pencil: 'M4 20l1-4L16 5l3 3L8 19l-4 1ZM14 7l3 3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7',
  alert: 'M12 4 2.8 20h18.4L12 4ZM12 10v4.5M12 17.2v.3',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  chart: 'M4 4v16h16M8 15l3.5-4.5 3 2.5L20 7',
  folder: 'M3 6h6l2 2.5h10V19H3z',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM20 20l-4-4',
  cube: 'M12 3l8 4.5v9L12 21l-8-4.5v-9L12 3ZM4 7.5l8 4.5 8-4.5M12 12v9',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9',
  compare: 'M4 17l5-7 4 3 7-9M4 20l5-4 4 2 7-4',
  chat: 'M4 5h16v11.5h-9L6.5 20v-3.5H4V5ZM8 9.5h8M8 12.5h5',
  redo: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4.5h-4.5',
  gear: 'M4 7h9M17 7h3M13 4.5v5M4 17h3M11 17h9M7 14.5v5',
  pause: 'M8 5v14M16 5v14',
  tag: 'M4 4h7l9 9-7 7-9-9V4ZM8 8h.01',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  star: 'M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7 9.6 9 12 4Z',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15L6 16ZM10 20.5h4',
  close: 'M6 6l12 12M18 6L6 18',
  sort: 'M8 5v14M8 19l-3-3M8 19l3-3M16 19V5M16 5l-3 3M16 5l3 3',
} as const

export type IconName = keyof typeof PATHS

type IconProps = { readonly name: IconName; readonly size?: number; readonly filled?: boolean }

/** Decorative: hidden from screen readers, so a control that shows only an icon needs its own label. */
export const Icon = ({ name, size = 18, filled = false }: IconProps) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill={filled ? 'currentColor' : 'none'}
    stroke="currentColor"
    strokeWidth={name === 'dots' ? 2.6 : 1.8}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    style={{ flex: 'none' }}
  >
    <path d={PATHS[name]} />
  </svg>
)
