import { describe, expect, it } from 'vitest'
import { type Program, type Signature, topological, type Variable } from '../../../../main/engine/ir/graph.ts'
import { printProgram } from '../../../../main/engine/ir/print.ts'
import { verify } from '../../../../main/engine/ir/verify.ts'
import { add, fill, matmul, mul, placeholder, read } from '../../../../main/engine/ops/index.ts'
import { thrownBy } from '../thrown-by.ts'

const w: Variable = { name: 'w', dtype: 'float32', shape: [2, 3] }
const x = placeholder('x', 'float32', [4, 2])
const program = (main: Partial<Signature>, variables: readonly Variable[] = [w]): Program => ({
  variables,
  signatures: { main: { inputs: { x }, outputs: { y: matmul(x, read(w)) }, updates: [], ...main } },
})

describe('the verifier', () => {
  it('accepts a program whose types follow from its ops', () => {
    expect(() => verify(program({}))).not.toThrow()
  })

  it('names the op, both types and the place when a stored type is not what the rule says', () => {
    const wrong = { ...mul(x, fill(2)), shape: [4, 5] }
    const { message } = thrownBy(() => verify(program({ outputs: { y: add(wrong, fill(1, [4, 5])) } })))
    expect(message).toContain('mul says float32[4,5], its rule says float32[4,2]')
    expect(message).toMatch(/%\d+ = mul\(%\d+, %\d+\) : float32\[4,5\]/)
  })

  it('refuses a placeholder that is no input, an unknown variable, and two of one name', () => {
    expect(thrownBy(() => verify(program({ inputs: {} }))).message).toContain('placeholder x is no input')
    expect(thrownBy(() => verify(program({}, []))).message).toContain('variable w is not declared')
    expect(thrownBy(() => verify(program({}, [w, w]))).message).toContain('share a name')
  })

  it('refuses an update that does not fit its variable', () => {
    const updates = [{ kind: 'assign' as const, variable: w, value: fill(0, [3, 2]) }]
    expect(thrownBy(() => verify(program({ updates }))).message).toContain('float32[3,2] does not update w')
  })
})

describe('type rules', () => {
  it('complain where the graph is written, with what they got and want', () => {
    expect(thrownBy(() => matmul(x, read({ ...w, shape: [3, 3] }))).message).toBe(
      'graph: matmul(float32[4,2], float32[3,3]) does not fit: wanted inner sizes alike, got 2 and 3',
    )
  })
})

describe('the graph', () => {
  it('lists inputs before users, each node once, however deep it is', () => {
    let deep = fill(0)
    for (let i = 0; i < 50_000; i++) deep = add(deep, deep)
    const order = topological([deep])
    expect(order.length).toBe(50_001)
    expect(order.at(-1)).toBe(deep)
  })

  it('prints as numbered equations', () => {
    expect(printProgram(program({}))).toBe(
      [
        'main:',
        '%0 = placeholder() {name=x, dtype=float32, shape=4,2} : float32[4,2]',
        '%1 = read() {variable=w} : float32[2,3]',
        '%2 = matmul(%0, %1) {transposeA=false, transposeB=false} : float32[4,3]',
      ].join('\n'),
    )
  })
})
