import { expect, test } from 'vitest'
import { architectureOf, ggufWeights } from '../../../../main/engine/export/gguf/architecture.ts'
import { modelKeys } from '../../../../main/engine/export/gguf/model-keys.ts'
import { modelfile } from '../../../../main/engine/export/gguf/modelfile.ts'
import { ollamaTemplate } from '../../../../main/engine/export/gguf/ollama-template.ts'
import { halvesToPairs, pairsToHalves } from '../../../../main/engine/export/gguf/permute.ts'
import { modelFromConfig } from '../../../../main/engine/models/index.ts'
import { thrownBy } from '../thrown-by.ts'

test('rows of each head go from halves to pairs, and back', () => {
  // Two heads of four rows of two values; row r holds r.
  const values = Float32Array.from({ length: 16 }, (_, i) => Math.floor(i / 2))
  const paired = halvesToPairs(values, 2, 4)
  expect([...paired].filter((_, i) => i % 2 === 0)).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
  expect(pairsToHalves(paired, 2, 4)).toEqual(values)
})

const BASE = {
  vocab_size: 64,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 4096,
}
const keysOf = (fields: object) => {
  const json = { ...BASE, model_type: 'llama', ...fields }
  const { keys, ...rest } = modelKeys(json, modelFromConfig(json).description)
  return { ...rest, keys: Object.fromEntries(keys.map(([key, { value }]) => [key, value])) }
}

test('RoPE scalings are keys, but that of Llama 3 is a tensor of divisors', () => {
  const linear = keysOf({ rope_scaling: { type: 'linear', factor: 4 }, rope_theta: 5e5 }).keys
  expect(linear).toMatchObject({ 'rope.scaling.type': 'linear', 'rope.scaling.factor': 4, 'rope.freq_base': 5e5 })
  const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 1024 }
  expect(keysOf({ rope_parameters: yarn }).keys).toMatchObject({
    'rope.scaling.type': 'yarn',
    'rope.scaling.original_context_length': 1024,
  })
  const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 }
  const { keys, divisors } = keysOf({ rope_scaling: { rope_type: 'llama3', ...llama3 } })
  expect('rope.scaling.type' in keys).toBe(false)
  // Head of 8: wavelengths 6.3, 63, 628 and 6283, of which those under 16 stay and those over 64 are divided by 8.
  expect(divisors?.length).toBe(4)
  expect(divisors?.[0]).toBe(1)
  expect(divisors?.[1]).toBeCloseTo(1 / ((1 - (64 / (20 * Math.PI) - 1) / 3) / 8 + (64 / (20 * Math.PI) - 1) / 3), 4)
  expect([divisors?.[2], divisors?.[3]]).toEqual([8, 8])
})

test('what llama.cpp would run wrongly is refused', () => {
  const refused = (fields: object) => thrownBy(() => keysOf(fields)).message
  expect(refused({ rope_scaling: { type: 'dynamic', factor: 2 } })).toContain('RoPE scaling "dynamic"')
  const gemma = { model_type: 'gemma3_text', head_dim: 8, query_pre_attn_scalar: 8, sliding_window: 16 }
  expect(refused({ ...gemma, sliding_window_pattern: 2 })).toContain('llama.cpp gives one to five of six layers')
  expect(refused({ ...gemma, query_pre_attn_scalar: 9 })).toContain('query_pre_attn_scalar is 9, llama.cpp takes 8')
  expect(refused({ ...gemma, rope_local_base_freq: 500 })).toContain('local layers of Gemma 3')
  expect(thrownBy(() => architectureOf('phi3')).message).toContain('as GGUF are written: llama, mistral')
  const biased = modelFromConfig({ ...BASE, model_type: 'qwen3', head_dim: 8, attention_bias: true }).description
  expect(thrownBy(() => ggufWeights(architectureOf('qwen3'), biased)).message).toContain('has no place for it')
})

test('a sliding window that llama.cpp lacks bounds the context, and is told', () => {
  const { keys, notes } = keysOf({ model_type: 'mistral', sliding_window: 1024 })
  expect(keys.context_length).toBe(1024)
  expect(notes[0]).toContain('the context length is written as 1024')
  expect(keysOf({ model_type: 'mistral', sliding_window: null })).toMatchObject({
    keys: { context_length: 4096 },
    notes: [],
  })
})

const tokens = (chatTemplate: string | null) => ({ chatTemplate, bosToken: '<s>', eosToken: '</s>', addsBos: true })
const TURNS =
  '{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'
const ASSUMED = `{% if messages[0].role != 'system' %}<|im_start|>system\nBe kind.<|im_end|>\n{% endif %}${TURNS.replace('{{ bos_token }}', '')}`
const IN_USER =
  "{{ bos_token }}{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}" +
  "{% for m in rest %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ first if loop.first else '' }}{{ m.content }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"

test('chat templates become Ollama templates where they write all turns alike', () => {
  expect(ollamaTemplate('auto', tokens(TURNS))).toEqual({
    template:
      '{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n<|im_start|>user\n{{ else }}<|im_start|>user\n{{ end }}{{ .Prompt }}<|im_end|>\n<|im_start|>assistant\n{{ .Response }}<|im_end|>\n',
    system: null,
    closing: '<|im_end|>\n',
  })
  expect(ollamaTemplate('chat', tokens(ASSUMED))?.system).toBe('Be kind.')
  expect(ollamaTemplate('chat', tokens(IN_USER))?.template).toBe(
    '{{ if .System }}<start_of_turn>user\n{{ .System }}\n\n{{ else }}<start_of_turn>user\n{{ end }}{{ .Prompt }}<end_of_turn>\n<start_of_turn>model\n{{ .Response }}<end_of_turn>\n',
  )
  // The number of the turn is no part that Ollama could write.
  const numbered = TURNS.replace('{{ m.role }}', '{{ m.role }}{{ loop.index }}')
  expect(ollamaTemplate('chat', tokens(numbered))).toBeNull()
})

test("templates of the run's own are written out, and braces in them stay braces", () => {
  expect(ollamaTemplate('{input}:', tokens(null))?.template).toBe('{{ .Prompt }}:{{ .Response }}')
  expect(ollamaTemplate('Q {instruction} ', tokens(null))?.template).toBe('Q {{ .Prompt }}{{ .Response }}')
  expect(ollamaTemplate('{{x}} {input}'.replace('x', 'input'), tokens(null))?.template).toContain('{{ .Prompt }}')
  const alpaca = ollamaTemplate('auto', tokens(null))?.template
  expect(alpaca).toMatch(/^\{\{ if \.System \}\}Below is .* further context/)
  expect(alpaca).toContain('### Input:\n{{ .Prompt }}\n\n### Response:\n{{ else }}Below is an instruction')
  expect(alpaca?.endsWith('### Instruction:\n{{ .Prompt }}\n\n### Response:\n{{ end }}{{ .Response }}')).toBe(true)
})

test('a Modelfile names the file, the template and the ends of an answer', () => {
  const template = { template: '{{ .Prompt }}', system: 'Be kind.', closing: '' }
  expect(modelfile('m-F16.gguf', template, ['</s>'])).toBe(
    'FROM ./m-F16.gguf\nTEMPLATE """{{ .Prompt }}"""\nSYSTEM """Be kind."""\nPARAMETER stop "</s>"\n',
  )
  expect(modelfile('m-F16.gguf', null, [])).toBe('FROM ./m-F16.gguf\n')
})
