import type { CallInput, CallOutput } from '../../../shared/contract.ts'
import type { DataFacts } from '../../../shared/domain/data-facts.ts'
import type { FitChanges, ProposalKind, TimedProposal } from '../../../shared/domain/fit.ts'
import { wholeMemory } from '../../../shared/domain/run-preview.ts'

export const DEMO_MODEL = '/opt/dora-studio/resources/demo/model'
const DEMO_DATA = '/opt/dora-studio/resources/demo/kinds.train.jsonl'
const MEGABYTE = 1e6

const entry = (path: string, shipped: boolean) => ({ path, shipped, exists: !path.includes('gone') })

const sampleOf = (line: number, prompt: string, answer: string): DataFacts['samples'][number] => {
  const pieces = [
    ...(prompt.match(/\s?\S+/g) ?? []).map((text) => ({ text, kind: 'prompt' as const })),
    { text: answer, kind: 'trained' as const },
    { text: '</s>', kind: 'trained' as const },
  ]
  return { line, tokens: pieces.length, pieces }
}

const LAYERS = Array.from({ length: 3 }, (_, layer) =>
  ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'mlp.up_proj', 'mlp.down_proj'].map(
    (name) => `model.layers.${layer}.${name}`,
  ),
).flat()

const NO_WORK = { products: 0, bfloat16Products: 0, stacks: 0, bytes: 0, nodes: 0 }
const memoryOf = (activations: number) => ({
  weights: 24.2 * MEGABYTE,
  adapter: 1.7 * MEGABYTE,
  optimizer: 3.3 * MEGABYTE,
  activations: activations * MEGABYTE,
  engine: 520 * MEGABYTE,
})

const WORDS = [
  ['telomerase: an enzyme in eukaryotic cells', ' substance'],
  ['batter: a semiliquid mixture of flour and milk', ' food'],
  ['preservationist: someone who advocates preservation', ' person'],
] as const

/** The models, data files and previews of a host without an engine. */
export function createScriptedLibrary(onChange: (kind: 'models' | 'data') => void) {
  let settings: CallOutput<'settings.get'> = { memoryLimit: null }
  const lists = { models: [entry(DEMO_MODEL, true)], data: [entry(DEMO_DATA, true)] }
  const change = (kind: 'models' | 'data', next: typeof lists.models) => {
    lists[kind] = next
    onChange(kind)
    return next
  }
  const add = (kind: 'models' | 'data', path: string) => change(kind, [...lists[kind], entry(path, false)])
  const without = (kind: 'models' | 'data', path: string) => lists[kind].filter((one) => one.path !== path)
  const remove = (kind: 'models' | 'data', path: string) => change(kind, without(kind, path))
  return {
    'models.list': () => lists.models,
    'models.add': ({ path }: CallInput<'models.add'>) => add('models', path),
    'models.remove': ({ path }: CallInput<'models.remove'>) => remove('models', path),
    'data.list': () => lists.data,
    'data.add': ({ path }: CallInput<'data.add'>) => add('data', path),
    'data.remove': ({ path }: CallInput<'data.remove'>) => remove('data', path),
    'models.inspect'({ folder }: CallInput<'models.inspect'>): CallOutput<'models.inspect'> {
      const broken = folder.includes('gone') || folder.includes('pickle')
      const hint = 'Choose the folder of a Hugging Face model.'
      return {
        folder,
        architecture: broken ? '' : 'LlamaForCausalLM',
        modelType: broken ? '' : 'llama',
        parameters: broken ? null : 6_046_976,
        layers: broken ? null : 6,
        hiddenSize: broken ? null : 256,
        vocabSize: broken ? null : 4096,
        maxPositions: broken ? null : 512,
        bytes: broken ? 0 : 24.2 * MEGABYTE,
        files: broken ? 0 : 1,
        dtypes: broken ? [] : [{ dtype: 'F32', share: 1 }],
        tokenizer: broken ? null : { kind: 'BPE', endToken: '</s>', addsStart: false, chatTemplate: false },
        linears: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
        embeddings: ['embed_tokens'],
        dropouts: { attention_dropout: 0.1 },
        trainable: !broken,
        problems: broken ? [{ field: 'model_name_or_path', message: `${folder}: there is no such folder.`, hint }] : [],
      }
    },
    'data.inspect'({ file, model, maxSeqLength }: CallInput<'data.inspect'>): CallOutput<'data.inspect'> {
      const histogram = Array.from({ length: 24 }, (_, i) => ({
        from: 5 * i,
        to: 5 * (i + 1),
        rows: Math.round(900 * Math.exp(-((i - 9) ** 2) / 18)),
      }))
      return {
        file,
        bytes: 1.9 * MEGABYTE,
        place: 'line',
        rows: 8000,
        format: 'Instruction, input and output (Alpaca)',
        looksLike: { taskType: 'CAUSAL_LM', problemType: 'single_label_classification' },
        labels: [],
        labelKinds: 0,
        columns: ['instruction', 'input', 'output'],
        preview: WORDS.map(([input, output], i) => ({
          line: i + 1,
          cells: ['What kind of thing is this?', input, output.trim()],
        })),
        samples:
          model === null
            ? []
            : WORDS.map(([input, output], i) =>
                sampleOf(i + 1, `What kind of thing is this?\n${input}\nAnswer:`, output),
              ),
        histogram: model === null ? [] : histogram,
        lengths:
          model === null
            ? null
            : {
                measured: 8000,
                shortest: 6,
                median: 47,
                longest: 119,
                tokens: 379_000,
                trained: 16_000,
                padding: { longest: 0.6, buckets: 0.083, packed: 0.011 },
              },
        lint: [
          { kind: 'duplicate', rows: 3, lines: [17, 512, 4096] },
          ...(maxSeqLength < 119 ? [{ kind: 'truncated' as const, rows: 12, lines: [88, 91] }] : []),
        ],
        problems: [],
      }
    },
    'runs.preview'(config: CallInput<'runs.preview'>): CallOutput<'runs.preview'> {
      const batch = config.per_device_train_batch_size ?? 8
      const vast = batch > 1000
      const hint = 'Lower the batch size.'
      const problem = { field: 'per_device_train_batch_size', message: 'It needs more memory than is free.', hint }
      return {
        plan: {
          totalParameters: 6_459_136,
          trainableParameters: 412_160,
          steps: 500,
          stepsPerEpoch: 500,
          epochs: 1,
          tokens: 379_000,
          trainRows: 8000,
          validationRows: 500,
          testRows: 1000,
          truncatedRows: 3,
          droppedRows: 0,
          paddingShare: 0.083,
          memory: { ...memoryOf(((config.method === 'vera' ? 160 : 210) * batch) / 8), available: 3_800 * MEGABYTE },
          work: { training: NO_WORK, besides: NO_WORK },
        },
        problems: vast ? [problem] : [],
        estimate: {
          seconds: config.method === 'vera' ? 312 : 84,
          tokensPerSecond: 4500,
          fromRun: 'Kinds of things (DoRA)',
        },
      }
    },
    'settings.get': () => settings,
    'settings.set': ({ memoryLimit = null }: CallInput<'settings.set'>) => {
      settings = { memoryLimit }
      return settings
    },
    'runs.rank': (): CallOutput<'runs.rank'> => ({
      r: 16,
      alpha: 32,
      rslora: false,
      modules: LAYERS.map((module, i) => ({
        module,
        directions: 16,
        limit: 64,
        effective: 2.2 + (i % 5),
        most: 2 + (i % 3),
        nearlyAll: 4 + (i % 4),
        moved: i === 3 ? 0.0004 : 0.021 + 0.002 * i,
      })),
      kept: Array.from({ length: 16 }, (_, k) => 1 - 0.45 ** (k + 1)),
    }),
    'runs.fit'({ config, limit }: CallInput<'runs.fit'>): CallOutput<'runs.fit'> {
      const { per_device_train_batch_size: batch = 8, gradient_accumulation_steps: accumulation = 1 } = config
      const room = limit ?? 3_800 * MEGABYTE
      const proposal = (
        kind: ProposalKind,
        changes: FitChanges,
        activations: number,
        { cutRows = 0, seconds = 84 } = {},
      ): TimedProposal => {
        const memory = memoryOf(activations)
        return { kinds: [kind], changes, memory, fits: wholeMemory(memory) <= room, cutRows, seconds }
      }
      const smaller = { per_device_train_batch_size: 1, gradient_accumulation_steps: accumulation * batch }
      const alone = [
        proposal('batch', smaller, 210 / 8, { seconds: 97 }),
        proposal('checkpointing', { gradient_checkpointing: true }, (120 * batch) / 8, { seconds: 109 }),
        proposal('length', { max_seq_length: 80 }, (180 * batch) / 8, { cutRows: 36, seconds: 80 }),
      ]
      return { limit: room, needed: wholeMemory(memoryOf((210 * batch) / 8)), alone, together: null }
    },
  }
}
