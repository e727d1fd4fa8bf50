import { expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Variable } from '../../main/engine/ir/graph.ts'

/** Of memory from malloc every fourth piece lies on a boundary of 64 bytes: of so many, some surely do. */
const VARIABLES: readonly Variable[] = Array.from({ length: 64 }, (_, i) => ({
  name: `v${i}`,
  dtype: 'float32',
  shape: [256 + 4 * i],
}))

it('TensorFlow keeps no memory of an array that it was fed', async () => {
  const fed = VARIABLES.map(({ name, shape }) => [name, new Float32Array(shape[0] as number).fill(1)] as const)
  const executable = await (await tensorflowBackend()).compile({ variables: VARIABLES, signatures: {} })
  await executable.write(fed)
  for (const [, values] of fed) values.fill(2)
  const changed = [...executable.read(VARIABLES.map(({ name }) => name))].filter(([, values]) => values.includes(2))
  expect(changed.map(([name]) => name)).toEqual([])
  executable.dispose()
})
