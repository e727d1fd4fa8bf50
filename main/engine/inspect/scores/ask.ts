import { fault } from '../../../../shared/domain/error.ts'
import type { Scores } from '../../../../shared/domain/paired.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import type { Batch } from '../../data/assemble.ts'
import { tallyFor } from '../../train/evaluation.ts'
import { shapeKey } from '../../train/program.ts'
import { batchInputs, type Session } from '../../train/session.ts'
import { type PartnerScores, partnerScores } from './partner-scores.ts'

/** What is said of examples beside how many there are. */
export type Answers = Omit<Scores, 'rows' | 'lacksHead'>

export type Asking = {
  readonly config: RunConfig
  readonly session: Session
  /** One example each, in the order of the file. */
  readonly batches: Iterable<Batch>
  readonly file: string
  /** Called after each example. */
  readonly onAnswer: () => void | Promise<void>
}

type Row = { readonly labels: number; readonly loss: number; readonly accuracy?: number }

/** Loss and right answers of each example, by its own labels. */
export async function askLabels({ config, session, batches, file, onAnswer }: Asking): Promise<Answers> {
  const rows: Row[] = []
  for (const batch of batches) {
    const tally = tallyFor(config)
    tally.add(batch, await session.executable.run(`eval:${shapeKey(batch.shape)}`, batchInputs(batch)))
    rows.push({ labels: batch.labelCount, ...tally.result() })
    await onAnswer()
  }
  const shares = rows.flatMap(({ accuracy }) => (accuracy === undefined ? [] : [accuracy]))
  const loss = finite(
    rows.map((row) => row.loss),
    file,
  )
  const accuracy = shares.length === rows.length ? shares : null
  return { loss, accuracy, reciprocalRank: null, labels: rows.map(({ labels }) => labels) }
}

/** Embeds each pair of texts, then looks for the partner of each first text among all second ones. */
export async function askPartners({ config, session, batches, file, onAnswer }: Asking): Promise<Answers> {
  const [first, second]: [Float32Array[], Float32Array[]] = [[], []]
  const groups: number[] = []
  for (const batch of batches) {
    // [2, hidden]: the first text of the pair and its partner.
    const embeddings = await session.logits(batch)
    const width = embeddings.length / 2
    first.push(embeddings.slice(0, width))
    second.push(embeddings.slice(width))
    groups.push(batch.extra?.labelGroups?.[0] as number)
    await onAnswer()
  }
  const width = first[0]?.length ?? 0
  const pairs = { first: joined(first, width), second: joined(second, width), width, groups: Int32Array.from(groups) }
  const scores: PartnerScores = partnerScores(pairs, config.similarity_scale)
  return { ...scores, loss: finite(scores.loss, file), labels: groups.map(() => 1) }
}

function joined(rows: readonly Float32Array[], width: number): Float32Array {
  const all = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) all.set(row, i * width)
  return all
}

function finite(loss: number[], file: string): number[] {
  const bad = loss.findIndex((value) => !Number.isFinite(value))
  if (bad < 0) return loss
  throw fault('diverged', `${file}: the loss of example ${bad + 1} is ${loss[bad]}.`, {
    hint: 'Look at an earlier checkpoint.',
  })
}
