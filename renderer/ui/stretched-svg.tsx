import type { ReactNode } from 'react'

type Props = {
  /** Units of the drawing; upright a unit is a pixel, across all of them are as wide as the page lets them be. */
  readonly width: number
  readonly height: number
  /** What the picture shows, for those who do not see it. */
  readonly label: string
  readonly children: ReactNode
}

/** A drawing that is as wide as its place and of one height. What is drawn must bear to be stretched: no text, no circles. */
export function StretchedSvg({ width, height, label, children }: Props) {
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {children}
    </svg>
  )
}
