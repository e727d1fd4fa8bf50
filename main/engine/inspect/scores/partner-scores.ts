/** Embeddings of pairs of texts: row i of `first` belongs to row i of `second`, each `width` numbers of length 1. */
export type Pairs = {
  readonly first: Float32Array
  readonly second: Float32Array
  readonly width: number
  /** [pairs]; second texts with the same number are the same text. */
  readonly groups: Int32Array
}

export type PartnerScores = {
  readonly loss: number[]
  readonly accuracy: number[]
  readonly reciprocalRank: number[]
}

/**
 * How well each first text finds its partner among the second texts of all pairs, as if they were one batch of the training
 * (its loss, with the cosines times `scale`). All models are given the same texts to find it among, so that the figures of
 * an example may be held against each other. Reciprocal rank as in the TREC-8 question answering track (Voorhees, 1999).
 */
export function partnerScores(pairs: Pairs, scale: number): PartnerScores {
  const cosines = new Float64Array(pairs.groups.length)
  const rows = [...pairs.groups.keys()].map((row) => {
    fillCosines(cosines, pairs, row)
    return scoreOf(cosines, pairs.groups, row, scale)
  })
  return {
    loss: rows.map(({ loss }) => loss),
    accuracy: rows.map(({ place }) => (place === 1 ? 1 : 0)),
    reciprocalRank: rows.map(({ place }) => 1 / place),
  }
}

/** Cosines of first text `row` with every second text, [pairs]. */
function fillCosines(cosines: Float64Array, { first, second, width }: Pairs, row: number): void {
  const own = first.subarray(row * width, (row + 1) * width)
  for (let other = 0; other < cosines.length; other++) {
    const start = other * width
    let sum = 0
    for (let i = 0; i < width; i++) sum += (own[i] as number) * (second[start + i] as number)
    cosines[other] = sum
  }
}

/** Place of the right one, counted from 1, and its loss in nats; equal texts are no rivals. */
function scoreOf(cosines: Float64Array, groups: Int32Array, row: number, scale: number) {
  const right = cosines[row] as number
  const rivals = cosines.filter((_, other) => other !== row && groups[other] !== groups[row])
  const largest = rivals.reduce((a, b) => Math.max(a, b), right)
  const weight = (cosine: number) => Math.exp(scale * (cosine - largest))
  const total = rivals.reduce((sum, cosine) => sum + weight(cosine), weight(right))
  const nearer = rivals.filter((cosine) => cosine > right).length
  // A model to which all texts are the same has found nothing: among equals the middle place.
  const equal = rivals.filter((cosine) => cosine === right).length
  return { place: 1 + nearer + equal / 2, loss: Math.log(total) + scale * (largest - right) }
}
