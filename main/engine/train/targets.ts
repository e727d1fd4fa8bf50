import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { LinearSpec, ModelDescription } from '../models/model.ts'

/**
 * The linear layers that target_modules names, by PEFT's rule: a name matches a module path that equals it or ends in
 * `.name`; `all-linear` is every linear layer but the output head.
 */
export function targetLinears({ linears }: ModelDescription, { target_modules }: RunConfig): LinearSpec[] {
  if (target_modules === 'all-linear') return linears.filter(({ head }) => !head)
  const matches = (module: string, name: string) => module === name || module.endsWith(`.${name}`)
  const unmatched = target_modules.filter((name) => !linears.some(({ module }) => matches(module, name)))
  if (unmatched.length > 0) {
    const known = [...new Set(linears.map(({ module }) => module.split('.').at(-1)))].join(', ')
    throw fault('bad-config', `target_modules: no layer of this model is called ${unmatched.join(', ')}.`, {
      hint: `Its linear layers are called ${known}; or write all-linear.`,
      details: unmatched.map((name) => `"${name}" matches nothing`),
    })
  }
  return linears.filter(({ module }) => target_modules.some((name) => matches(module, name)))
}
