import { describe, expect, it } from 'vitest'
import { FILL, withoutLargeConstants } from '../../../../main/engine/backends/tensorflow/large-constants.ts'
import {
  type Node,
  type Program,
  signatureRoots,
  topological,
  type Variable,
} from '../../../../main/engine/ir/graph.ts'
import { verify } from '../../../../main/engine/ir/verify.ts'
import { add, constant, fill, gather, intConstant, mul, placeholder, read } from '../../../../main/engine/ops/index.ts'

const SIZE = 16_384
const SHAPE = [SIZE / 64, 64]
const rising = (size: number, from = 0) => Float32Array.from({ length: size }, (_, i) => i + from)
const x = placeholder('x', 'float32', SHAPE)
const w: Variable = { name: 'w', dtype: 'float32', shape: SHAPE }

/** A program with one entry point for each result. */
const programOf = (...results: Node[]): Program => ({
  variables: [w],
  signatures: Object.fromEntries(results.map((y, i) => [`s${i}`, { inputs: { x }, outputs: { y }, updates: [] }])),
})
const constantsIn = ({ signatures }: Program) =>
  topological(Object.values(signatures).flatMap(signatureRoots)).filter(({ op }) => op.name === 'constant')
const added = ({ program }: { program: Program }) => program.variables.filter((variable) => variable !== w)

describe('large constants', () => {
  it('become variables with their values, in a program that is still whole', () => {
    const ids = intConstant(
      Int32Array.from({ length: SIZE }, (_, i) => i % 7),
      [SIZE],
    )
    const table = constant(rising(SIZE), SHAPE)
    const changed = withoutLargeConstants(programOf(add(gather(table, ids), fill(1)), mul(x, read(w))))
    verify(changed.program)
    expect(constantsIn(changed.program).map(({ shape }) => shape)).toEqual([[]])
    expect(added(changed).map(({ dtype, shape }) => [dtype, shape])).toEqual([
      ['float32', SHAPE],
      ['int32', [SIZE]],
    ])
    expect(Object.values(changed.values)).toEqual([table.attrs.data, ids.attrs.data])
    expect(Object.keys(changed.program.signatures)).toEqual(['s0', 's1', FILL])
    expect(changed.program.variables[0]).toBe(w)
  })

  it('are one variable where their data are equal, in all entry points', () => {
    const [first, same] = [constant(rising(SIZE), SHAPE), constant(rising(SIZE), SHAPE)]
    expect(added(withoutLargeConstants(programOf(add(x, first), mul(x, same), add(x, first))))).toHaveLength(1)
  })

  it.each([
    ['other values', constant(rising(SIZE, 1), SHAPE)],
    ['the sign of a zero', constant(rising(SIZE).fill(-0, 0, 1), SHAPE)],
    ['their shape', constant(rising(SIZE), [...SHAPE, 1])],
  ] as const)('are two variables where they differ in %s', (_, other) => {
    const first = constant(rising(SIZE), SHAPE)
    const one = gather(other, intConstant(Int32Array.of(0), [1]))
    expect(added(withoutLargeConstants(programOf(add(x, first), one)))).toHaveLength(2)
  })

  it('are rounded from float64 as TensorFlow would round them', () => {
    const data = Float64Array.from({ length: SIZE }, (_, i) => i / 3)
    const { values } = withoutLargeConstants(programOf(add(x, constant(data, SHAPE))))
    expect(Object.values(values)).toEqual([Float32Array.from(data)])
  })

  it('leave alone what is small, and one value in a large shape', () => {
    const program = programOf(add(x, constant(rising(64), [1, 64])), mul(x, fill(2, SHAPE)))
    expect(withoutLargeConstants(program)).toEqual({ program, values: {} })
    const below = programOf(constant(rising(SIZE - 1), [SIZE - 1]))
    expect(withoutLargeConstants(below).program).toBe(below)
  })
})
