import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { NamedValues } from '../ir/executable.ts'
import type { Node } from '../ir/graph.ts'
import type { ModelDescription } from '../models/model.ts'
import { placeholder } from '../ops/index.ts'

/** Whether training drops anything at random: of an adapter's input, or where config.json has the base do so. */
const dropsAnything = ({ lora_dropout, base_dropout }: RunConfig, { dropouts }: ModelDescription): boolean =>
  lora_dropout > 0 || (base_dropout && Object.values(dropouts).some((rate) => rate > 0))

/** The input of a training pass that its dropout is drawn from, int32 [2]; none where nothing is dropped. */
export const dropoutSeedInput = (config: RunConfig, model: ModelDescription): Readonly<Record<string, Node>> =>
  dropsAnything(config, model) ? { dropoutSeed: placeholder('dropoutSeed', 'int32', [2]) } : {}

/** Its value: a pure function of the run's seed and the position, so that a resumed run drops what it would have dropped. */
export const dropoutSeedAt = (config: RunConfig, model: ModelDescription, step: number, micro: number): NamedValues =>
  dropsAnything(config, model)
    ? { dropoutSeed: Int32Array.of(config.seed, (step * config.gradient_accumulation_steps + micro) | 0) }
    : {}
