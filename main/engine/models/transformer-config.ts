import type { Node } from '../ir/graph.ts'

/** What BERT, RoBERTa and GPT-2 say of themselves: learnt positions, LayerNorm, one hidden width for all heads. */
export type TransformerConfig = {
  readonly modelType: string
  readonly vocab: number
  readonly hidden: number
  /** Width of the feed-forward layer. */
  readonly inner: number
  readonly layers: readonly number[]
  readonly heads: number
  /** Rows of the position table. */
  readonly positions: number
  readonly epsilon: number
  readonly activation: (x: Node) => Node
}
