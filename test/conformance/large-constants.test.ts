import { expect, it } from 'vitest'
import { withoutLargeConstants } from '../../main/engine/backends/tensorflow/large-constants.ts'
import type { Program, Variable } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'

const [ROWS, WIDTH] = [4096, 4]
const TABLE = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => Math.fround(Math.sin(i)))
const w: Variable = { name: 'w', dtype: 'float32', shape: [2, WIDTH] }
const ids = ops.placeholder('ids', 'int32', [2])
const found = ops.gather(ops.constant(TABLE, [ROWS, WIDTH]), ids)
const program: Program = {
  variables: [w],
  signatures: {
    look: { inputs: { ids }, outputs: { y: ops.add(found, ops.read(w)) }, updates: [] },
    keep: { inputs: { ids }, outputs: {}, updates: [{ kind: 'assign', variable: w, value: ops.scale(found, 2) }] },
  },
}
const rowsAt = (...at: number[]) => at.flatMap((row) => [...TABLE.subarray(row * WIDTH, (row + 1) * WIDTH)])
const doubled = (values: readonly number[]) => values.map((value) => 2 * value)

it('a large constant is there in every entry point, before and after state is written, and is no state', async () => {
  expect(withoutLargeConstants(program).program.variables).toHaveLength(2)
  const executable = await (await backends.tensorflow()).compile(program)
  await executable.write([['w', new Float32Array(2 * WIDTH)]])
  const { y } = await executable.run('look', { ids: Int32Array.of(4095, 1) })
  expect([...(y as Float32Array)]).toEqual(rowsAt(4095, 1))
  await executable.run('keep', { ids: Int32Array.of(7, 0) })
  expect([...executable.read(['w'])].map(([, values]) => [...values])).toEqual([doubled(rowsAt(7, 0))])
  executable.dispose()
})
