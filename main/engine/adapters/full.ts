import { concat, mul, square, sub } from '../ops/index.ts'
import type { AdapterMethod } from './adapter.ts'
import { rowSum } from './rows.ts'

/** Every base weight is trained; the target modules are only watched. */
export const full: AdapterMethod = {
  kind: 'full',
  trainsBase: true,
  derived: ['base_square'],
  parameters: () => [],
  bind: (group) => ({
    linear: (x, module) => group.product(x, module),
    merged: (module) => group.weight(module),
    magnitude: () => null,
    moments: () => {
      const deltas = group.linears.map(({ module }) => sub(group.weight(module), group.origin(module)))
      return {
        c: concat(
          group.linears.map(({ module }, i) => rowSum(mul(group.origin(module), deltas[i] as (typeof deltas)[0]))),
        ),
        d: concat(deltas.map((delta) => rowSum(square(delta)))),
      }
    },
  }),
}
