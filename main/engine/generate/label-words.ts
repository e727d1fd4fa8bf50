import type { Prediction } from '../../../shared/domain/chat.ts'
import type { Generator } from './generator.ts'

/**
 * Probability of each answer as a whole, end token included: the product of its tokens' probabilities behind the prompt
 * (temperature 1). Answers share the prompt in the cache and are fed behind it one after another.
 */
export async function labelScores(
  generator: Generator,
  prompt: readonly number[],
  answers: readonly string[],
  idsOf: (answer: string) => readonly number[],
): Promise<Prediction | null> {
  const tokens = answers.map(idsOf)
  if (tokens.some((ids) => ids.length === 0 || prompt.length + ids.length > generator.slots)) return null
  const first = await generator.feed(prompt.slice(-1), prompt.length - 1)
  const scores: { label: string; probability: number }[] = []
  for (const [i, label] of answers.entries()) {
    const ids = tokens[i] as readonly number[]
    let logits = first
    let logProbability = 0
    for (const [at, id] of ids.entries()) {
      logProbability += logProbabilityOf(logits, id)
      if (at < ids.length - 1) logits = await generator.feed([id], prompt.length + at)
    }
    scores.push({ label, probability: Math.exp(logProbability) })
  }
  return { kind: 'labels', exclusive: true, scores: scores.sort((a, b) => b.probability - a.probability) }
}

/** log softmax(logits)[id] */
function logProbabilityOf(logits: Float32Array, id: number): number {
  const top = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const total = logits.reduce((sum, value) => sum + Math.exp(value - top), 0)
  return (logits[id] as number) - top - Math.log(total)
}
