import type { Node } from '../../../ir/graph.ts'
import type { Group } from './groups.ts'
import { isHalf, type PassProgram, type Step } from './operation.ts'
import { placementOf, scalarOf, stepName } from './space.ts'

/** A group with what it reads of others, what others read of it, and all that its nodes read. */
export type Chain = Group & {
  readonly inputs: readonly Node[]
  readonly results: readonly Node[]
  readonly within: ReadonlySet<Node>
}

/** The nodes with those of bfloat16 last, as a chain has its inputs and results. */
export const halvesLast = (nodes: readonly Node[]): Node[] => [
  ...nodes.filter((node) => !isHalf(node)),
  ...nodes.filter(isHalf),
]

/** What the kernel is told of a chain. */
export function programOf(chain: Chain): PassProgram {
  const { space, nodes, inputs } = chain
  const constants = [...new Set(nodes.flatMap((node) => node.inputs.flatMap((input) => scalarOf(input) ?? [])))]
  const placements = inputs.map((input) => ({
    ...(placementOf(input, space) as NonNullable<ReturnType<typeof placementOf>>),
    half: isHalf(input),
  }))
  return { space, inputs: placements, constants, steps: stepsOf(chain, constants) }
}

/** Values are numbered: inputs, then constants, then steps. */
function stepsOf(chain: Chain, constants: readonly number[]): Step[] {
  const { nodes, inputs } = chain
  const steps: Step[] = []
  const number = new Map(inputs.map((input, i) => [input, i] as const))
  const operand = (input: Node) => number.get(input) ?? inputs.length + constants.indexOf(scalarOf(input) as number)
  for (const node of nodes) {
    const turned = node.op.name === 'rotateHalf' ? [node.attrs.turned as number] : []
    let operands = [...node.inputs.map(operand), ...turned]
    for (const { name, output } of ownSteps(node, chain)) {
      const value = inputs.length + constants.length + steps.push({ name, operands, output }) - 1
      if (name !== 'halve') operands = [value]
    }
    number.set(node, operands[0] as number)
  }
  return steps
}

/**
 * What a node computes, is rounded by, and is written by where others read it in bfloat16. A cast that nothing has to be
 * rounded for is no step: what is bfloat16 is the same number in float32, and writing rounds by itself.
 */
function ownSteps(node: Node, { results, within }: Chain): Omit<Step, 'operands'>[] {
  const at = results.indexOf(node)
  const half = isHalf(node)
  const output = half || at < 0 ? null : at
  const cast = node.op.name === 'cast'
  const floats = results.filter((result) => !isHalf(result)).length
  return [
    ...(!cast || output !== null ? [{ name: stepName(node), output }] : []),
    ...(half && within.has(node) ? [{ name: 'round', output: null }] : []),
    ...(half && at >= 0 ? [{ name: 'halve', output: at - floats }] : []),
  ]
}
