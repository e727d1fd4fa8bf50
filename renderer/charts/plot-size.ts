/** Height of the drawing in pixels; fixed, so that nothing moves while data streams in. */
export const PLOT_HEIGHT = 196
/** Around the drawing: the labels of the axes, and room for lines and labels that reach a little over the edge. */
export const PLOT_MARGIN = { top: 6, right: 12, bottom: 22, left: 52 } as const
