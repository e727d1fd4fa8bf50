/** How the next token is chosen; names and order of effects are those of transformers' generate. */
export type SamplingOptions = {
  /** 0: always the likeliest token. */
  readonly temperature: number
  /** Only the k likeliest, and what equals the last of them; 0: all. */
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

/** Logits [vocab] in which the tokens seen before are less likely. */
export function penalised(logits: Float32Array, seen: ReadonlySet<number>, penalty: number): Float32Array {
  if (penalty === 1) return logits
  const scores = Float32Array.from(logits)
  const by = Math.fround(penalty)
  for (const id of seen) {
    const score = scores[id]
    if (score !== undefined) scores[id] = score < 0 ? score * by : score / by
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

/**
 * Tokens that may be drawn with their probabilities (sum 1), the likeliest first. Conventions are those of transformers'
 * TemperatureLogitsWarper, TopKLogitsWarper and TopPLogitsWarper, in this order: all that equal the k-th stay, and of
 * equal ones at the border of top_p those with the higher number do.
 */
export function probabilities(scores: Float32Array, { temperature, top_k, top_p }: SamplingOptions): Candidate[] {
  const by = Math.fround(temperature)
  const scaled = temperature === 1 ? scores : scores.map((score) => score / by)
  const at = (id: number | undefined) => scaled[id as number] as number
  const order = Array.from(scaled.keys()).sort((a, b) => at(a) - at(b))
  const least = top_k > 0 && top_k < order.length ? at(order[order.length - top_k]) : Number.NEGATIVE_INFINITY
  const kept = order.slice(order.findIndex((id) => at(id) >= least))
  const top = at(kept.at(-1))
  const weighted = kept.map((id) => ({ id, share: Math.exp(at(id) - top) }))
  return normalised(nucleus(normalised(weighted), top_p)).reverse()
}

/** Leaves out the least likely, given first, as long as together they have at most 1 - top_p; the likeliest stays. */
function nucleus(candidates: readonly Candidate[], top_p: number): readonly Candidate[] {
  if (top_p >= 1) return candidates
  const spare = Math.fround(1 - top_p)
  let sum = 0
  const begin = candidates.findIndex(({ share }) => {
    sum += Math.fround(share)
    return Math.fround(sum) > spare
  })
  return candidates.slice(begin < 0 ? -1 : begin)
}

function normalised(candidates: readonly Candidate[]): Candidate[] {
  const total = candidates.reduce((sum, { share }) => sum + share, 0)
  return candidates.map(({ id, share }) => ({ id, share: share / total }))
}
