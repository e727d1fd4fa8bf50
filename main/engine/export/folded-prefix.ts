import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { SafetensorsFile } from '../formats/safetensors.ts'
import type { TensorToWrite } from '../formats/write-safetensors.ts'
import type { Backend } from '../ir/executable.ts'
import type { Node, Program, Shape } from '../ir/graph.ts'
import { verify } from '../ir/verify.ts'
import { placeholder } from '../ops/index.ts'
import type { FrontState } from '../train/state.ts'

/** The prefix as PEFT keeps it, from the arrays it was trained as; computed where there is something to compute. */
export async function foldedPrefix(
  backend: Backend,
  { rule, trainables }: FrontState,
  trained: SafetensorsFile,
  config: RunConfig,
): Promise<TensorToWrite> {
  const { part, node } = rule.folded
  const inputs = Object.fromEntries(
    trainables.map(({ part: name, variable }) => [name, placeholder(name, 'float32', variable.shape)]),
  )
  const folded = node(config, (name) => inputs[name] as Node)
  const tensor = (data: Float32Array, shape: Shape) => ({ name: part, dtype: 'F32' as const, shape, data })
  if (rule.isFolded(config)) return tensor(trained.readFloat32(part), folded.shape)
  const values = Object.fromEntries(Object.keys(inputs).map((name) => [name, trained.readFloat32(name)]))
  const program: Program = { variables: [], signatures: { fold: { inputs, outputs: { folded }, updates: [] } } }
  verify(program)
  const executable = await backend.compile(program)
  const data = (await executable.run('fold', values)).folded as Float32Array
  executable.dispose()
  return tensor(data, folded.shape)
}
