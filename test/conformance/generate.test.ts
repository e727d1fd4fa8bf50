import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { openTokenizer } from '../../main/engine/data/tokenizer.ts'
import { generate } from '../../main/engine/generate/generate.ts'
import { type Generator, openGenerator } from '../../main/engine/generate/generator.ts'
import { generationOptionsSchema } from '../../shared/domain/chat.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { temporaryFolder } from '../temporary-folder.ts'

type Case = {
  model: string
  /** Fields of config.json that are other than in the model's folder. */
  changes?: Record<string, unknown>
  text: string | null
  prompt: number[]
  penalty: number
  answer: number[]
  /** With a stop string: it, and the text before it. */
  stop?: string
  said?: string
}

const ROOT = join(import.meta.dirname, '../..')
const ALL = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/generation.json'), 'utf8')) as Case[]
const CASES = ALL.filter(({ stop }) => stop === undefined)
const STOPPED = ALL.filter(({ stop }) => stop !== undefined)
const DEMO = join(ROOT, 'resources/demo/model')
function folderOf({ model, changes }: Pick<Case, 'model' | 'changes'>): string {
  const folder = model === 'demo' ? DEMO : join(ROOT, 'test/conformance/golden', model, 'base')
  if (changes === undefined) return folder
  const copy = temporaryFolder()
  cpSync(folder, copy, { recursive: true })
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
  writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, ...changes }))
  return copy
}

const backend = await tensorflowBackend()
const open = (folder: string): Promise<Generator> =>
  openGenerator(backend, {
    config: runConfigSchema.parse({ model_name_or_path: folder, train_file: 'none', method: 'full' }),
    checkpoint: null,
    slots: 64,
  })

/** A prompt as it comes out of a template without history. */
const plainPrompt = (ids: readonly number[]) => ({ ids, lead: '', droppedTurns: 0 })
const never = { onText: () => {}, cancelled: () => false, breathe: async () => {} }

/** Runs a case with a decoder that only writes the ids down. */
async function answerOf(generator: Generator, { prompt, penalty, answer, model }: Case): Promise<number[]> {
  let ids: readonly number[] = []
  const decode = (all: readonly number[]) => {
    ids = [...all]
    return ''
  }
  const endless = model === 'demo' ? generator : { ...generator, endIds: [] }
  const options = generationOptionsSchema.parse({ max_new_tokens: answer.length, repetition_penalty: penalty })
  await generate(endless, { decode, eosId: -1 }, plainPrompt(prompt), options, never)
  return [...ids]
}

describe('generation', () => {
  it.each(CASES)('of $model with penalty $penalty continues as transformers does', async (one) => {
    const generator = await open(folderOf(one))
    const ends = one.model === 'demo' ? generator.endIds : []
    // Keys in the cache keep their turn, so a text ends where other frequencies would begin.
    if (one.changes) expect(generator.slots).toBe(24)
    expect(await answerOf(generator, one)).toEqual(one.answer.filter((id) => !ends.includes(id)))
    generator.dispose()
  })

  it('stops at a stop string after as many tokens as transformers, without the string', async () => {
    const generator = await open(DEMO)
    const tokenizer = openTokenizer(DEMO)
    expect(STOPPED.filter(({ answer }) => answer.length < 24).length).toBeGreaterThan(4)
    for (const { prompt, penalty, answer, stop, said, text: asked } of STOPPED) {
      const pieces: string[] = []
      const hooks = { ...never, onText: (piece: string) => void pieces.push(piece) }
      const options = generationOptionsSchema.parse({
        max_new_tokens: 24,
        repetition_penalty: penalty,
        stop_strings: [stop],
      })
      const { tokens } = await generate(generator, tokenizer, plainPrompt(prompt), options, hooks)
      const spoken = answer.filter((id) => id !== tokenizer.eosId).length
      expect([tokens, pieces.join('')], `${asked} until ${stop}`).toEqual([spoken, said])
    }
    generator.dispose()
  })

  it('gives the same answer for the same seed and others for others, and stops as asked', async () => {
    const generator = await open(DEMO)
    const tokenizer = openTokenizer(DEMO)
    const prompt = tokenizer.encode('What kind of thing is this?\noak: a large tree\nAnswer:')
    const ask = async (given: object, cancelAfter = Number.POSITIVE_INFINITY) => {
      let text = ''
      let asked = 0
      const hooks = {
        ...never,
        onText: (piece: string) => {
          text += piece
        },
        cancelled: () => asked++ >= cancelAfter,
      }
      const stats = await generate(
        generator,
        tokenizer,
        plainPrompt(prompt),
        generationOptionsSchema.parse(given),
        hooks,
      )
      return { text, stats }
    }
    const warm = { temperature: 1.5, max_new_tokens: 12 }
    const one = await ask({ ...warm, seed: 1 })
    expect((await ask({ ...warm, seed: 1 })).text).toBe(one.text)
    expect((await ask({ ...warm, seed: 2 })).text).not.toBe(one.text)
    expect((await ask(warm, 3)).stats).toMatchObject({ tokens: 3, reason: 'cancelled' })
    const plain = await ask({ max_new_tokens: 8 })
    const stop = plain.text.slice(2, 5)
    const cut = await ask({ max_new_tokens: 8, stop_strings: [stop] })
    expect(cut).toMatchObject({ text: plain.text.slice(0, plain.text.indexOf(stop)), stats: { reason: 'stop' } })
    generator.dispose()
  })

  it('fills the context and refuses a prompt that leaves no room', async () => {
    const generator = await open(folderOf({ model: 'llama-dora' }))
    const endless = { ...generator, endIds: [] }
    const decoder = { decode: () => '', eosId: -1 }
    const options = generationOptionsSchema.parse({ max_new_tokens: 1000 })
    const nearly = new Array<number>(generator.slots - 2).fill(1)
    expect(await generate(endless, decoder, plainPrompt(nearly), options, never)).toMatchObject({
      tokens: 3,
      reason: 'context',
    })
    const full = new Array<number>(generator.slots).fill(1)
    await expect(generate(endless, decoder, plainPrompt(full), options, never)).rejects.toThrow(
      `wanted 1 to ${generator.slots - 1}`,
    )
    generator.dispose()
  })
})
