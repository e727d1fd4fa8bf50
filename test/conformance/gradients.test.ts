import { describe, expect, it } from 'vitest'
import { dora, lora } from '../../main/engine/adapters/lora.ts'
import { mergingPays } from '../../main/engine/adapters/low-rank.ts'
import { IN, layer, layerProgram, OUT, type Values } from './one-layer.ts'
import { relativeError, samples } from './programs.ts'
import { toyConfig } from './toy.ts'

/**
 * Gradients of one DoRA layer in float64, row by row as in the paper: W' = (m / n) V' with V' = W + sBA, and
 * G = dL/dW'. Equations are those of arXiv 2402.09353: (6) dL/dV' = (m/n)(G - (G.v) v) with v = V'/n, (7) dL/dm = G.v,
 * (11) dL/dV' = (m/n) G where n is a constant.
 */
/** Few rows go through the factors, many through the merged weight. */
const ROWS = { factored: 1, merged: 24 } as const

/** Weights, factors and data; A is the identity times 1/s, so that dL/dB is dL/dV'. */
function point(rows: number): Values {
  const draw = (shape: readonly number[], seed: number, positive = false) =>
    Float64Array.from(samples([shape], positive, seed).x0 as Float32Array)
  const scale = 1 / 2
  const identity = Float64Array.from({ length: IN * IN }, (_, i) => (i % (IN + 1) === 0 ? 1 / scale : 0))
  const weight = draw([OUT, IN], 1)
  const b = draw([OUT, IN], 2)
  const direction = weight.map((w, i) => w + (b[i] as number))
  const n = rowNorms(direction)
  return { weight, a: identity, b, m: draw([OUT, 1], 3, true), n, x: draw([rows, IN], 4), r: draw([rows, OUT], 5) }
}

const rowNorms = (matrix: Float64Array): Float64Array =>
  Float64Array.from({ length: OUT }, (_, j) => Math.hypot(...matrix.subarray(j * IN, (j + 1) * IN)))

/** G = dL/dW' = R^T x and what the equations make of it. */
function equations({ weight, b, m, x, r }: Values) {
  const rows = (x as Float64Array).length / IN
  const at = (values: Float64Array | undefined, i: number) => values?.[i] as number
  const direction = (weight as Float64Array).map((w, i) => w + at(b, i))
  const n = rowNorms(direction)
  const g = Float64Array.from({ length: OUT * IN }, (_, i) => {
    const [j, k] = [Math.floor(i / IN), i % IN]
    let total = 0
    for (let t = 0; t < rows; t++) total += at(r, t * OUT + j) * at(x, t * IN + k)
    return total
  })
  const unit = direction.map((v, i) => v / at(n, Math.floor(i / IN)))
  const along = Float64Array.from({ length: OUT }, (_, j) => dot(g, unit, j))
  const gain = (i: number) => at(m, Math.floor(i / IN)) / at(n, Math.floor(i / IN))
  return {
    g,
    n,
    direction,
    along,
    full: g.map((value, i) => gain(i) * (value - at(along, Math.floor(i / IN)) * at(unit, i))),
    detached: g.map((value, i) => gain(i) * value),
  }
}

const dot = (a: Float64Array, b: Float64Array, row: number): number => {
  let total = 0
  for (let k = 0; k < IN; k++) total += (a[row * IN + k] as number) * (b[row * IN + k] as number)
  return total
}

function centralDifferences(evaluate: (values: Values) => Values, at: Values, name: string): Float64Array {
  const x = at[name] as Float64Array
  return x.map((value, i) => {
    const loss = (shifted: number) => evaluate({ ...at, [name]: x.with(i, shifted) }).loss?.[0] as number
    const eps = 1e-5
    return (loss(value + eps) - loss(value - eps)) / (2 * eps)
  })
}

function expectCentralDifferences(evaluate: (values: Values) => Values, at: Values, names: readonly string[]): void {
  const gradients = evaluate(at)
  for (const name of names) {
    const wanted = centralDifferences(evaluate, at, name)
    expect(relativeError(gradients[`d${name}`] as Float64Array, wanted), name).toBeLessThan(1e-8)
  }
}

it('the row counts take both ways of multiplying', () => {
  expect(mergingPays(ROWS.factored, layer, IN, toyConfig('dora'))).toBe(false)
  expect(mergingPays(ROWS.merged, layer, IN, toyConfig('dora'))).toBe(true)
})

describe.each(Object.entries(ROWS))('a DoRA layer, %s', (_, rows) => {
  const at = point(rows)
  const wanted = equations(at)

  it('has the gradients of equations 6 and 7 with the full norm, and central differences agree to 1e-8', async () => {
    const evaluate = await layerProgram(dora, rows, { detach_norm: false })
    const { db, dm } = evaluate(at) as { db: Float64Array; dm: Float64Array }
    expect(relativeError(db, wanted.full)).toBeLessThan(1e-12)
    expect(relativeError(dm, wanted.along)).toBeLessThan(1e-12)
    expectCentralDifferences(evaluate, at, ['a', 'b', 'm', 'x'])
    expect(relativeError(wanted.detached, centralDifferences(evaluate, at, 'b'))).toBeGreaterThan(1e-2)
  })

  it('has the gradient of equation 11 with n held constant, and central differences agree to 1e-8', async () => {
    const evaluate = await layerProgram(dora, rows)
    const { db, dm } = evaluate(at) as { db: Float64Array; dm: Float64Array }
    expect(relativeError(db, wanted.detached)).toBeLessThan(1e-12)
    expect(relativeError(dm, wanted.along)).toBeLessThan(1e-12)
    expectCentralDifferences(evaluate, at, ['a', 'b', 'm', 'x'])
  })

  it('turns the full gradient at right angles to V’, and not the detached one, whose part along V’ is m dL/dm', async () => {
    const full = (await layerProgram(dora, rows, { detach_norm: false }))(at).db as Float64Array
    const detached = await layerProgram(dora, rows)
    const { db, dm } = detached(at) as { db: Float64Array; dm: Float64Array }
    for (let j = 0; j < OUT; j++) {
      expect(Math.abs(dot(full, wanted.direction, j))).toBeLessThan(1e-12 * (wanted.n[j] as number) ** 2)
      const along = (at.m?.[j] as number) * (dm[j] as number)
      expect(Math.abs(dot(db, wanted.direction, j) - along)).toBeLessThan(1e-12 * Math.abs(along))
    }
  })

  it('splits |G|^2 into the magnitude’s and the direction’s part (Pythagoras)', async () => {
    const { db, dm } = (await layerProgram(dora, rows, { detach_norm: false }))(at) as {
      db: Float64Array
      dm: Float64Array
    }
    for (let j = 0; j < OUT; j++) {
      const turned = ((wanted.n[j] as number) / (at.m?.[j] as number)) ** 2 * dot(db, db, j)
      const whole = dot(wanted.g, wanted.g, j)
      expect(Math.abs((dm[j] as number) ** 2 + turned - whole)).toBeLessThan(1e-12 * whole)
    }
  })

  it('starts as the base with the gradients of LoRA for B, none for A, and rowsum(G . W) / n for m', async () => {
    const n = rowNorms(at.weight as Float64Array)
    const start = { ...at, b: new Float64Array(OUT * IN), m: n, n }
    const { db, da, dm, y } = (await layerProgram(dora, rows))(start)
    const plain = (await layerProgram(lora, rows))(start)
    expect(y).toEqual(plain.y)
    expect(relativeError(db as Float64Array, plain.db as Float64Array)).toBeLessThan(1e-14)
    expect(da).toEqual(new Float64Array(IN * IN))
    const moved = n.map((norm, j) => dot(wanted.g, at.weight as Float64Array, j) / norm)
    expect(relativeError(dm as Float64Array, moved)).toBeLessThan(1e-12)
  })

  it.each([true, false])('gives finite numbers where rows of the weight are zero (detached: %s)', async (detach) => {
    const weight = (at.weight as Float64Array).map((w, i) => (i < IN ? 0 : w))
    const b = new Float64Array(OUT * IN)
    const evaluate = await layerProgram(dora, rows, { detach_norm: detach })
    const first = evaluate({ ...at, weight, b, m: new Float64Array(OUT) })
    const n = first.norm as Float64Array
    for (const values of Object.values(evaluate({ ...at, weight, b, m: n, n })))
      for (const value of values) expect(Number.isFinite(value)).toBe(true)
  })

  it('scales rows of the output with m, and leaves it alone when V’ as a whole is scaled', async () => {
    const evaluate = await layerProgram(dora, rows, { detach_norm: false })
    const y = evaluate(at).y as Float64Array
    const louder = evaluate({ ...at, m: (at.m as Float64Array).map((m) => 3 * m) }).y as Float64Array
    expect(
      relativeError(
        louder,
        y.map((value) => 3 * value),
      ),
    ).toBeLessThan(1e-14)
    const [weight, b] = [at.weight, at.b].map((matrix) => (matrix as Float64Array).map((value) => 5 * value))
    expect(relativeError(evaluate({ ...at, weight, b } as Values).y as Float64Array, y)).toBeLessThan(1e-14)
  })

  it('drops what PEFT drops: the input of the (g-1) base term and of A; `fast` only that of A', async () => {
    const mask = Float64Array.from({ length: rows * IN }, (_, i) => (i % 3 === 0 ? 0 : 1.5))
    const dropped = (at.x as Float64Array).map((x, i) => x * (mask[i] as number))
    const [base, seen] = [times(at.x as Float64Array, at.weight), times(dropped, at.weight)]
    const lora = times(dropped, at.b)
    const g = (at.m as Float64Array).map((m, j) => m / (at.n?.[j] as number))
    const formulas = {
      peft: base.map(
        (y, i) => y + ((g[i % OUT] as number) - 1) * (seen[i] as number) + (g[i % OUT] as number) * (lora[i] as number),
      ),
      fast: base.map((y, i) => (g[i % OUT] as number) * (y + (lora[i] as number))),
    }
    for (const rule of ['peft', 'fast'] as const) {
      const evaluate = await layerProgram(dora, rows, { lora_dropout: 0.3, dora_dropout: rule })
      const dropping = (values: Values) => evaluate({ ...values, mask })
      expect(relativeError(dropping(at).y as Float64Array, formulas[rule])).toBeLessThan(1e-14)
      expectCentralDifferences(dropping, at, ['a', 'b', 'm', 'x'])
    }
  })
})

/** x W^T. */
function times(x: Float64Array, matrix: Float64Array | undefined): Float64Array {
  return Float64Array.from({ length: (x.length / IN) * OUT }, (_, i) => {
    const [t, j] = [Math.floor(i / OUT), i % OUT]
    let total = 0
    for (let k = 0; k < IN; k++) total += (x[t * IN + k] as number) * (matrix?.[j * IN + k] as number)
    return total
  })
}
