import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node } from '../ir/graph.ts'
import type { Prefix } from '../models/model.ts'
import { add, matmul, reshape, split, tanh, transpose } from '../ops/index.ts'
import type { AdapterMethod, AdapterParameter, FrontModel, FrontRule } from './adapter.ts'

/** PEFT's name of the folded prefix, [tokens, 2 * layers * width]: keys, then values, of layer after layer. */
const FOLDED = 'prompt_embeddings'
const EMBEDDING = 'prompt_encoder.embedding.weight'
const HIDDEN = { weight: 'prompt_encoder.transform.0.weight', bias: 'prompt_encoder.transform.0.bias' }
const OUTPUT = { weight: 'prompt_encoder.transform.2.weight', bias: 'prompt_encoder.transform.2.bias' }

/** Numbers that a token has in a layer as keys, and again as values. */
const widthOf = ({ keys: { groups, size } }: FrontModel) => groups * size

const array = (part: string, rows: number, columns: number, init: AdapterParameter['init']): AdapterParameter => ({
  part,
  role: 'weight',
  rows,
  columns,
  peftShape: [rows, columns],
  init,
})

/** A linear layer as torch starts it: weight and bias from U(-1/sqrt(in), 1/sqrt(in)). */
const layer = (names: typeof HIDDEN, inputs: number, outputs: number): AdapterParameter[] => [
  array(names.weight, outputs, inputs, 'kaiming-uniform'),
  { ...array(names.bias, outputs, 1, { uniform: 1 / Math.sqrt(inputs) }), peftShape: [outputs] },
]

function parameters(model: FrontModel, config: RunConfig): readonly AdapterParameter[] {
  const { num_virtual_tokens: tokens, prefix_projection: projected } = config
  const width = widthOf(model)
  const all = 2 * model.layers * width
  if (!projected) return [array(FOLDED, tokens, all, 'normal')]
  const hidden = config.encoder_hidden_size ?? width
  return [array(EMBEDDING, tokens, width, 'normal'), ...layer(HIDDEN, width, hidden), ...layer(OUTPUT, hidden, all)]
}

/** The prefix as PEFT saves it: with a projection, E to tanh(E U^T + a) V^T + b (arXiv 2101.00190, section 4.3). */
function folded({ prefix_projection: projected }: RunConfig, parameter: (part: string) => Node): Node {
  if (!projected) return parameter(FOLDED)
  const linear = (x: Node, names: typeof HIDDEN) => {
    const bias = parameter(names.bias)
    const y = matmul(x, parameter(names.weight), { transposeB: true })
    return add(y, reshape(bias, [bias.shape[0] as number]))
  }
  return linear(tanh(linear(parameter(EMBEDDING), HIDDEN)), OUTPUT)
}

/** Cuts the prefix into layers, once and only if asked for. */
function bind({ layers, keys }: FrontModel, prefix: Node): Prefix {
  const { groups, size } = keys
  const [length] = prefix.shape as [number, number]
  let pieces: readonly Node[] | undefined
  const cut = () => {
    const halves = transpose(reshape(prefix, [length, 2 * layers, groups, size]), [1, 0, 2, 3])
    const parts = split(halves, new Array<number>(2 * layers).fill(1))
    return parts.map((part) => reshape(part, [length, groups, size]))
  }
  return {
    length,
    of: (index) => {
      pieces ??= cut()
      return { keys: pieces[2 * index] as Node, values: pieces[2 * index + 1] as Node }
    },
  }
}

const front: FrontRule = {
  length: ({ num_virtual_tokens: tokens }) => tokens,
  parameters,
  folded: { part: FOLDED, node: folded },
  bind,
  isFolded: ({ prefix_projection: projected }) => !projected,
}

/** Prefix tuning (arXiv 2101.00190): keys and values in front of the text in every layer; the layers stay as they are. */
export const prefix: AdapterMethod = {
  kind: 'prefix',
  trainsBase: false,
  derived: [],
  parameters: () => [],
  bind: () => {
    throw new Error('prefix tuning adapts no layer')
  },
  front,
}
