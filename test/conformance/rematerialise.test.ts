import { deepStrictEqual } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { droppingFrom } from '../../main/engine/adapters/dropout.ts'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { readConfig } from '../../main/engine/formats/model-folder.ts'
import type { NamedValues } from '../../main/engine/ir/executable.ts'
import type { Node, Program, Signature } from '../../main/engine/ir/graph.ts'
import { estimateMemory } from '../../main/engine/ir/memory.ts'
import { rematerialise } from '../../main/engine/ir/rematerialise.ts'
import { withoutAliases } from '../../main/engine/ir/rewrite.ts'
import { verify } from '../../main/engine/ir/verify.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { BatchNodes, ModelScope } from '../../main/engine/models/model.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'
import { pureProgram, relativeError, samples } from './programs.ts'

const ids = (size: number, of: (i: number) => number) =>
  ops.intConstant(
    Int32Array.from({ length: size }, (_, i) => of(i)),
    [size],
  )

const dropping = droppingFrom(ops.intConstant(Int32Array.of(3, 5), [2]))
/** In the words of every family. */
const DROPPED = Object.fromEntries(
  ['attention_dropout', 'attn_pdrop', 'resid_pdrop', 'attention_probs_dropout_prob', 'hidden_dropout_prob'].map(
    (name) => [name, 0.3],
  ),
)

/** Two texts, the second a token shorter than the first. */
const batchOf = (length: number): BatchNodes => ({
  batch: 2,
  length,
  inputIds: ids(2 * length, (i) => (i * 5) % 11),
  attentionMask: ids(2 * length, (i) => (i === 2 * length - 1 ? 0 : 1)),
  tokenTypes: ids(2 * length, () => 0),
})

/** A model's layers with all of its parameters fed, and the gradients of a weighted sum of the hidden states in them. */
function layersOf(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
  length = 6,
): { readonly program: Program; readonly values: Record<string, Float32Array> } {
  const folder = join(import.meta.dirname, 'golden', name, 'base')
  const model = modelFromConfig({ ...readConfig(folder), ...changes }, { type: 'FEATURE_EXTRACTION' })
  const { parameters, linears } = model.description
  const inputs = Object.fromEntries(
    parameters.map((parameter) => [parameter.name, ops.placeholder(parameter.name, 'float32', parameter.shape)]),
  )
  const parameter = (key: string) => inputs[key] as Node
  const turned = new Set(linears.filter(({ fanInFanOut }) => fanInFanOut).map(({ module }) => module))
  const product = (x: Node, module: string) =>
    ops.matmul(x, parameter(`${module}.weight`), { transposeB: !turned.has(module) })
  const scope: ModelScope = {
    parameter,
    layer: (x, build) => ops.boundary(build(ops.boundary(x))),
    dropout: (x, place, rate) => (rate > 0 ? dropping(x, place, rate) : x),
    linear: (x, module) =>
      `${module}.bias` in inputs ? ops.add(product(x, module), parameter(`${module}.bias`)) : product(x, module),
    embedding: (ids, module) => ops.gather(parameter(`${module}.weight`), ids),
    product,
  }
  const hidden = model.hidden(scope, batchOf(length))
  const weights = samples([hidden.shape], false, 5).x0 as Float32Array
  const lossSum = ops.sumAll(ops.mul(hidden, ops.constant(weights, hidden.shape)))
  const names = Object.keys(inputs)
  const gradients = ops.gradientsOf(lossSum, Object.values(inputs))
  const outputs = { lossSum, ...Object.fromEntries(gradients.map((gradient, i) => [`d ${names[i]}`, gradient])) }
  const drawn = samples(parameters.map(({ shape }) => shape))
  const values = names.map((key, i) => [key, (drawn[`x${i}`] as Float32Array).map((x) => x / 4)] as const)
  return { program: withoutAliases(pureProgram(inputs, outputs)), values: Object.fromEntries(values) }
}

/** The program whose layers form again what is cheap, whatever its size. */
function lean({ variables, signatures }: Program): Program {
  const program = { variables, signatures: { main: rematerialise(signatures.main as Signature, ops, 1) } }
  verify(program)
  return program
}

/** One of each kind of layer: gated units with SiLU and GELU, norms of heads, fused weights, LayerNorm, both GELUs. */
const MODELS = ['llama-full', 'gemma3-dora', 'qwen3-dora', 'phi3-dora-fused', 'gpt2-full', 'bert-dora-tokens']

describe('what is cheap is formed again for the backward pass', () => {
  it.each(MODELS)(
    'with the same gradients and the same elements dropped, bit for bit where nodes are interpreted: %s',
    async (name) => {
      const { program, values } = layersOf(name, DROPPED)
      const kept = layersOf(name, Object.fromEntries(Object.keys(DROPPED).map((rate) => [rate, 0])))
      const wanted = (await referenceBackend.compile(program)).evaluate('main', values)
      const got = (await referenceBackend.compile(lean(program))).evaluate('main', values)
      expect(Object.keys(got)).toEqual(Object.keys(wanted))
      deepStrictEqual(got, wanted)
      expect(wanted.lossSum).not.toEqual(
        (await referenceBackend.compile(kept.program)).evaluate('main', values).lossSum,
      )
    },
  )

  it.each(MODELS)('with the same gradients in TensorFlow: %s', async (name) => {
    const { program, values } = layersOf(name, DROPPED)
    const backend = await backends.tensorflow()
    const run = async (compiled: Program) => {
      const executable = await backend.compile(compiled)
      const outputs = await executable.run('main', values)
      executable.dispose()
      return outputs
    }
    const [wanted, got] = [await run(program), await run(lean(program))]
    // All of them together: the gradient of a key's bias is nothing but rounding.
    const all = (outputs: NamedValues) => Object.values(outputs).flatMap((values) => [...values])
    expect(relativeError(all(got), all(wanted))).toBeLessThan(1e-6)
  })

  it.each(['llama-full', 'bert-dora-tokens'])('so that a step needs less memory by the estimate: %s', (name) => {
    const { program } = layersOf(name, { num_hidden_layers: 12 }, 64)
    expect(estimateMemory(lean(program)).working).toBeLessThan(0.8 * estimateMemory(program).working)
  })

  it('not where the arrays are small', () => {
    const { program } = layersOf('llama-full')
    const main = program.signatures.main as Signature
    expect(rematerialise(main, ops)).toEqual(main)
  })

  it('and the process of TensorFlow needs less, too', () => {
    const [plain, formedAgain] = [grown('plain'), grown('lean')]
    expect(formedAgain.lossSum).toBe(plain.lossSum)
    // 40 layers of 4 MB keep what goes into the activation, and plain also what comes out and its slope.
    expect(plain.bytes).toBeGreaterThan(340e6)
    expect(formedAgain.bytes).toBeLessThan(280e6)
  })
})

/** How much the peak of a process of its own grew, in bytes (rematerialise-memory.ts). */
function grown(arrangement: 'plain' | 'lean'): { readonly bytes: number; readonly lossSum: number } {
  const script = join(import.meta.dirname, 'rematerialise-memory.ts')
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  const out = execFileSync(process.execPath, [script, arrangement], { encoding: 'utf8', stdio: [...stdio] })
  return JSON.parse(out.trim().split('\n').at(-1) ?? '')
}
