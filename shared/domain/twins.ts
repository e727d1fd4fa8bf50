import { fault } from './error.ts'
import { METHODS, type MethodKind } from './method.ts'
import { type RunConfig, runConfigSchema } from './run-config.ts'

/** As many as can be compared at once. */
export const MOST_TWINS = 6
const LONGEST_NAME = 120

const DEFAULTS = runConfigSchema.parse({ model_name_or_path: '-', train_file: '-' })
/** Settings that only some methods have a use for. */
const OWN_FIELDS = new Set<keyof RunConfig>(Object.values(METHODS).flatMap(({ fields }) => fields))

/** The settings of one twin: another method, and of that method's own fields those it shares; the rest at their defaults. */
function twinOf(config: RunConfig, method: MethodKind): RunConfig {
  const uses: readonly string[] = METHODS[method].fields
  const foreign = method === config.method ? [] : [...OWN_FIELDS].filter((field) => !uses.includes(field))
  const defaults = Object.fromEntries(foreign.map((field) => [field, DEFAULTS[field]]))
  const mark = ` (${METHODS[method].label})`
  const run_name = config.run_name.slice(0, LONGEST_NAME - mark.length) + mark
  return { ...config, ...defaults, method, run_name }
}

/**
 * The same run with each of the methods: model, data, seed, order of the data, learning rate and all else are equal. An
 * engine refuses what its method has no use for, so such settings are left out of a twin.
 */
export function twinConfigs(config: RunConfig, methods: readonly MethodKind[]): RunConfig[] {
  if (config.adapter_name_or_path !== null)
    throw fault(
      'bad-config',
      'adapter_name_or_path: an adapter is of one method, so its twins could not start from it.',
      {
        details: ['adapter_name_or_path: An adapter is of one method, so its twins could not start from it.'],
        hint: 'Leave it out, or start a run of its method alone.',
      },
    )
  return [...new Set(methods)].map((method) => twinOf(config, method))
}
