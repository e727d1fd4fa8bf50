type Picture = {
  readonly svg: SVGSVGElement
  readonly title: string
  /** What is drawn, and of which run. */
  readonly caption: string
  readonly legend: readonly { readonly text: string; readonly colour: string }[]
}

const SCALE = 2
const HEAD = 64
const PADDING = 16
/** A picture is looked at away from the studio: text keeps the screen's font where there is one. */
const FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif'
const COPIED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'fill-opacity',
  'stroke-dasharray',
  'font-size',
  'image-rendering',
] as const

/** A copy that does not need the page's style sheets and variables. */
function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = svg.querySelectorAll('*')
  copy.querySelectorAll('*').forEach((element, i) => {
    const style = getComputedStyle(originals[i] as Element)
    for (const name of COPIED) element.setAttribute(name, style.getPropertyValue(name))
    element.removeAttribute('style')
  })
  const { width, height } = svg.getBoundingClientRect()
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  copy.setAttribute('font-family', FONT)
  return new XMLSerializer().serializeToString(copy)
}

function loadImage(source: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('The browser could not draw the chart as a picture.'))
    image.src = source
  })
}

function drawLegend(paint: CanvasRenderingContext2D, legend: Picture['legend'], quiet: string): void {
  let x = PADDING
  paint.font = `12px ${FONT}`
  for (const { text, colour } of legend) {
    if (colour !== '') {
      paint.fillStyle = colour
      paint.fillRect(x, HEAD - 10, 14, 3)
      x += 20
    }
    paint.fillStyle = quiet
    paint.fillText(text, x, HEAD - 5)
    x += paint.measureText(text).width + 18
  }
}

/** A chart with its title, what it shows and its legend, twice the size of the screen's. */
export async function svgPicture({ svg, title, caption, legend }: Picture): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect()
  const page = getComputedStyle(document.documentElement)
  const colour = (name: string) => page.getPropertyValue(name).trim()
  const image = await loadImage(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(svg))}`)
  const canvas = document.createElement('canvas')
  canvas.width = SCALE * (width + 2 * PADDING)
  canvas.height = SCALE * (height + HEAD + PADDING)
  const paint = canvas.getContext('2d')
  if (paint === null) throw new Error('The browser has no canvas to draw on.')
  paint.scale(SCALE, SCALE)
  paint.fillStyle = colour('--studio-card')
  paint.fillRect(0, 0, canvas.width, canvas.height)
  paint.fillStyle = colour('--mantine-color-text')
  paint.font = `600 16px ${FONT}`
  paint.fillText(title, PADDING, 24)
  const indent = PADDING + paint.measureText(title).width + 10
  paint.fillStyle = colour('--mantine-color-dimmed')
  paint.font = `12px ${FONT}`
  paint.fillText(caption, indent, 24)
  drawLegend(paint, legend, colour('--mantine-color-dimmed'))
  paint.drawImage(image, PADDING, HEAD, width, height)
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be encoded.'))),
      'image/png',
    ),
  )
}
