import type { Program, Shape } from '../../main/engine/ir/graph.ts'
import { type Node, node, type Op } from '../../main/engine/ir/graph.ts'
import { leaves, named } from './programs.ts'

/** A chain of passes whose text is written by hand, right or wrong: nothing of it is looked at before the kernel does. */
const rawOp: Op = {
  name: 'rawPasses',
  type: (_, { shape }) => ({ dtype: 'float32', shape: shape as Shape }),
  lower: {
    tensorflow: (tf, inputs, { attrs }) => {
      const outputs = attrs.outputs as number
      const chain = tf.emit('DoraPasses', inputs, {
        inputs: { int: inputs.length },
        outputs: { int: outputs },
        program: { text: attrs.program as string },
      })
      return attrs.index === 0 ? chain : `${chain}:${attrs.index}`
    },
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

function onlyInTensorflow(): never {
  throw new Error('written for TensorFlow alone')
}

/** A graph of one such chain, with as many inputs and outputs as given. */
export function rawProgram(program: string, shapes: readonly Shape[], results: readonly Shape[]): Program {
  const inputs = leaves(shapes)
  const results_ = results.map(
    (shape, index): Node => node(rawOp, inputs, { program, outputs: results.length, index, shape }),
  )
  const outputs = Object.fromEntries(results_.map((one, i) => [`y${i}`, one]))
  return { variables: [], signatures: { main: { inputs: named(inputs), outputs, updates: [] } } }
}
