import { type AttrValue, type Node, type Program, showType, signatureRoots, topological } from './graph.ts'

/** One line a node, `%3 = matmul(%1, %2) {transposeB=true} : float32[4,8]`: for debugging and error messages. */
export function printNodes(order: readonly Node[], from = 0, to = order.length): string {
  const ids = new Map(order.map((current, i) => [current, i]))
  return order
    .slice(from, to)
    .map((current) => {
      const inputs = current.inputs.map((input) => `%${ids.get(input) ?? '?'}`).join(', ')
      return `%${ids.get(current)} = ${current.op.name}(${inputs})${printAttrs(current)} : ${showType(current)}`
    })
    .join('\n')
}

/** The ten lines around a node. */
export function printNear(order: readonly Node[], current: Node): string {
  const at = order.indexOf(current)
  return printNodes(order, Math.max(0, at - 5), at + 5)
}

/** The whole program, one section a signature. */
export function printProgram(program: Program): string {
  return Object.entries(program.signatures)
    .map(([name, signature]) => `${name}:\n${printNodes(topological(signatureRoots(signature)))}`)
    .join('\n\n')
}

function printAttrs({ attrs }: Node): string {
  const shown = Object.entries(attrs).map(([key, value]) => `${key}=${printValue(value)}`)
  return shown.length === 0 ? '' : ` {${shown.join(', ')}}`
}

function printValue(value: AttrValue): string {
  if (typeof value === 'function') return 'custom'
  if (ArrayBuffer.isView(value)) return value.length > 8 ? `(${value.length} values)` : `(${value.join(',')})`
  if (typeof value === 'object' && 'name' in value) return value.name
  return String(value)
}
