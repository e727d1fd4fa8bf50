/** How the next token is chosen; names and order of effects are those of transformers' generate. */
export type SamplingOptions = {
  /** 0: always the likeliest token. */
  readonly temperature: number
  /** Only the k likeliest; 0: all. */
  readonly top_k: number
  /** The fewest likeliest tokens whose probabilities add up to at least this; 1: all. */
  readonly top_p: number
  /** Logits of tokens seen before are divided (positive) or multiplied (negative) by this; 1: none. */
  readonly repetition_penalty: number
}

/** Chooses the next token from logits of the vocabulary; `seen` are the tokens of prompt and answer so far. */
export function chooseToken(
  logits: Float32Array,
  seen: ReadonlySet<number>,
  options: SamplingOptions,
  random: () => number,
): number {
  const scores = penalised(logits, seen, options.repetition_penalty)
  if (options.temperature === 0) return largest(scores)
  const candidates = probabilities(scores, options)
  let left = random()
  for (const { id, share } of candidates) {
    left -= share
    if (left < 0) return id
  }
  // Rounding can leave a hair beyond the last one.
  return candidates.at(-1)?.id ?? largest(scores)
}

function penalised(logits: Float32Array, seen: ReadonlySet<number>, penalty: number): Float32Array {
  if (penalty === 1) return logits
  const scores = Float32Array.from(logits)
  for (const id of seen) {
    const score = scores[id]
    if (score !== undefined) scores[id] = score > 0 ? score / penalty : score * penalty
  }
  return scores
}

/** The first of the largest, as argmax of NumPy and torch. */
function largest(scores: Float32Array): number {
  let best = 0
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i
  return best
}

type Candidate = { readonly id: number; readonly share: number }

/** Tokens that may be drawn with their probabilities (sum 1), the likeliest first. */
export function probabilities(scores: Float32Array, { temperature, top_k, top_p }: SamplingOptions): Candidate[] {
  const order = Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number))
  const kept = top_k > 0 ? order.slice(0, top_k) : order
  const top = scores[kept[0] as number] as number
  const weighted = kept.map((id) => ({ id, share: Math.exp(((scores[id] as number) - top) / temperature) }))
  return normalised(nucleus(normalised(weighted), top_p))
}

function nucleus(candidates: readonly Candidate[], top_p: number): readonly Candidate[] {
  if (top_p >= 1) return candidates
  let before = 0
  const end = candidates.findIndex(({ share }) => {
    const over = before >= top_p
    before += share
    return over
  })
  return end < 0 ? candidates : candidates.slice(0, Math.max(1, end))
}

function normalised(candidates: readonly Candidate[]): Candidate[] {
  const total = candidates.reduce((sum, { share }) => sum + share, 0)
  return candidates.map(({ id, share }) => ({ id, share: share / total }))
}
