/** Corners around the middle; each has about the area of a circle of radius 1. */
const POLYGONS = {
  square: '-.9 -.9 .9 -.9 .9 .9 -.9 .9',
  triangle: '0 -1.35 1.2 .75 -1.2 .75',
  diamond: '0 -1.35 1 0 0 1.35 -1 0',
  cross: '-.45 -1.2 .45 -1.2 .45 -.45 1.2 -.45 1.2 .45 .45 .45 .45 1.2 -.45 1.2 -.45 .45 -1.2 .45 -1.2 -.45 -.45 -.45',
  wedge: '-1.2 -.75 1.2 -.75 0 1.35',
  star: '0 -1.5 .4 -.5 1.45 -.45 .65 .2 .9 1.2 0 .65 -.9 1.2 -.65 .2 -1.45 -.45 -.4 -.5',
} as const

export type ScatterShape = 'circle' | keyof typeof POLYGONS

/** Shapes to tell groups apart where colour alone must not. */
export const SHAPES: readonly ScatterShape[] = ['circle', 'square', 'triangle', 'diamond', 'cross', 'wedge', 'star']

const corners = (shape: keyof typeof POLYGONS): number[] => POLYGONS[shape].split(' ').map(Number)

/** SVG path data of a symbol in the origin, `radius` in pixels. */
export function symbolPath(shape: ScatterShape, radius: number): string {
  if (shape === 'circle')
    return `M${-radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`
  return `M${corners(shape)
    .map((at) => Number((at * radius).toFixed(2)))
    .join(' ')}Z`
}
