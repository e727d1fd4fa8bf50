import { fault } from '../../../shared/domain/error.ts'
import { type Node, type Program, sameShape, showType, signatureRoots, sizeOf, topological } from './graph.ts'
import { printNear } from './print.ts'

/**
 * Checks a whole program: every node's stored type follows from its op's rule, every placeholder is a declared input,
 * every variable read or written is declared once, and updates fit their variables. Throws with the place printed.
 */
export function verify(program: Program): void {
  const declared = new Map(program.variables.map((variable) => [variable.name, variable]))
  if (declared.size !== program.variables.length) throw fault('internal', 'graph: two variables share a name')
  for (const [name, signature] of Object.entries(program.signatures)) {
    const order = topological(signatureRoots(signature))
    const inputs = new Set(Object.values(signature.inputs))
    for (const current of order) {
      const complaint = complaintAbout(current, declared, inputs)
      if (complaint) throw fault('internal', `graph "${name}": ${complaint}\n${printNear(order, current)}`)
    }
    for (const update of signature.updates) {
      const value = update.kind === 'assign' ? update.value : update.gradient
      if (!declared.has(update.variable.name) || !sameShape(value.shape, update.variable.shape)) {
        throw fault('internal', `graph "${name}": ${showType(value)} does not update ${update.variable.name}`)
      }
    }
  }
}

function complaintAbout(
  current: Node,
  declared: ReadonlyMap<string, { shape: readonly number[] }>,
  inputs: ReadonlySet<Node>,
): string | undefined {
  const type = current.op.type(current.inputs, current.attrs)
  if (type.dtype !== current.dtype || !sameShape(type.shape, current.shape)) {
    return `${current.op.name} says ${showType(current)}, its rule says ${showType(type)}`
  }
  if (current.shape.some((dim) => !Number.isInteger(dim) || dim < 0) || sizeOf(current.shape) > 2 ** 40) {
    return `${current.op.name} has the impossible shape ${showType(current)}`
  }
  if (current.op.name === 'placeholder' && !inputs.has(current)) return `placeholder ${current.attrs.name} is no input`
  if (current.op.name === 'read') {
    const { name } = current.attrs.variable as { name: string }
    if (!declared.has(name)) return `variable ${name} is not declared`
  }
  return undefined
}
