import { shown } from '../../../shared/domain/shown.ts'
import { configFields, unsupported } from './config-fields.ts'

type Config = Readonly<Record<string, unknown>>

/** Angles of a rotary embedding: pair k at position t turns by t * frequencies(T)[k]; cos and sin times `factor`. */
export type Rope = {
  /** Dimensions of a head that turn, from the first on; the others pass through. */
  readonly turned: number
  readonly factor: number
  /** Float32 frequencies for sequences of `length` positions (the scaling may depend on it). */
  readonly frequencies: (length: number) => Float32Array
  /** Sequences of up to so many positions have the same frequencies. */
  readonly steady: number
}

export type RopeShape = { readonly modelType: string; readonly size: number; readonly maxPositions: number }

/** Bounded fields of a rope_parameters object, and the numbers that every scaling starts from. */
type Request = RopeShape & { readonly fields: ReturnType<typeof configFields>; readonly json: Config } & {
  readonly theta: number
  readonly turned: number
}

/**
 * The rotary embedding that `rope_parameters` (or, before transformers 5, `rope_scaling` with `rope_theta`) describes;
 * formulas of transformers' modeling_rope_utils, rounded to float32 where it rounds.
 */
export function ropeOf(json: Config, shape: RopeShape, theta: number): Rope {
  const fields = configFields(json, shape.modelType)
  const share = fields.positive('partial_rotary_factor', 1, 1)
  const turned = Math.trunc(shape.size * share)
  if (turned % 2 !== 0 || turned < 2) throw unsupported(shape.modelType, `${turned} rotary dimensions`)
  const request = { ...shape, fields, json, theta: fields.positive('rope_theta', 1e12, theta), turned }
  const kind = json.rope_type ?? json.type ?? 'default'
  const scaling = typeof kind === 'string' && Object.hasOwn(SCALINGS, kind) ? SCALINGS[kind] : undefined
  if (!scaling) throw unsupported(shape.modelType, `RoPE scaling ${shown(kind)}`)
  return { turned, ...scaling(request) }
}

type Scaling = (request: Request) => Omit<Rope, 'turned'>

const round = Math.fround
const constantly = (frequencies: Float32Array, factor = 1) => ({
  factor,
  frequencies: () => frequencies,
  steady: Number.POSITIVE_INFINITY,
})

const SCALINGS: Readonly<Record<string, Scaling>> = {
  default: ({ theta, turned }) => constantly(plain(theta, turned)),
  linear: ({ theta, turned, fields }) => {
    const factor = fields.positive('factor', 1e6)
    return constantly(plain(theta, turned).map((frequency) => frequency / factor))
  },
  dynamic,
  yarn,
  llama3,
  longrope,
}

/** theta^(-2k/turned), rounded as a chain of float32 operations rounds it. */
const plain = (theta: number, turned: number): Float32Array => powers(theta, turned).map((power) => 1 / power)

const powers = (theta: number, turned: number): Float32Array =>
  Float32Array.from({ length: turned / 2 }, (_, k) => theta ** Math.fround((2 * k) / turned))

/** NTK-aware scaling: theta grows once a sequence is longer than the model was trained for. */
function dynamic({ theta, turned, fields, maxPositions }: Request): Omit<Rope, 'turned'> {
  const factor = fields.positive('factor', 1e6)
  const grown = (length: number) => (factor * Math.max(length, maxPositions)) / maxPositions - (factor - 1)
  return {
    factor: 1,
    frequencies: (length) => plain(theta * grown(length) ** (turned / (turned - 2)), turned),
    steady: maxPositions,
  }
}

/** Long wavelengths are stretched by `factor`, short ones kept, those between blended (Llama 3.1). */
function llama3({ theta, turned, fields, maxPositions }: Request): Omit<Rope, 'turned'> {
  const factor = fields.positive('factor', 1e6)
  const low = fields.positive('low_freq_factor', 1e6)
  const high = fields.positive('high_freq_factor', 1e6)
  const trained = fields.count('original_max_position_embeddings', 100_000_000, maxPositions)
  return constantly(
    plain(theta, turned).map((frequency) => {
      const wave = round((2 * Math.PI) / frequency)
      if (wave > trained / low) return frequency / factor
      if (wave < trained / high) return frequency
      const smooth = round(round(round(trained / wave) - low) / (high - low))
      return round(round(round(1 - smooth) * frequency) / factor) + round(smooth * frequency)
    }),
  )
}

/** YaRN (arXiv 2309.00071): a ramp from kept to stretched frequencies, and a temperature on the attention scores. */
function yarn({ theta, turned, fields, json, maxPositions }: Request): Omit<Rope, 'turned'> {
  const trained = fields.count('original_max_position_embeddings', 100_000_000, maxPositions)
  const factor = fields.positive('factor', 1e6, maxPositions / trained)
  const optional = (name: string) => (json[name] == null ? null : fields.positive(name, 1e6))
  const [mscale, mscaleAll] = [optional('mscale'), optional('mscale_all_dim')]
  const temperature = (weight = 1) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1)
  const inferred = mscale && mscaleAll ? temperature(mscale) / temperature(mscaleAll) : temperature()
  const border = (turns: number) => (turned * Math.log(trained / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const whole = fields.flag('truncate', true)
  const [from, to] = [border(optional('beta_fast') ?? 32), border(optional('beta_slow') ?? 1)]
  const low = Math.max(whole ? Math.floor(from) : from, 0)
  const high = Math.min(whole ? Math.ceil(to) : to, turned - 1)
  const width = low === high ? 0.001 : high - low
  const frequencies = powers(theta, turned).map((power, k) => {
    const ramp = round(round(k - round(low)) / round(width))
    const kept = round(1 - Math.min(1, Math.max(0, ramp)))
    return round(round(1 / round(factor * power)) * round(1 - kept)) + round(round(1 / power) * kept)
  })
  return constantly(frequencies, optional('attention_factor') ?? inferred)
}

/** LongRoPE (arXiv 2402.13753): a searched factor for each pair, one list for short and one for long sequences. */
function longrope({ theta, turned, fields, json, modelType, maxPositions }: Request): Omit<Rope, 'turned'> {
  const trained = fields.count('original_max_position_embeddings', 100_000_000, maxPositions)
  const growth = fields.positive('factor', 1e6, maxPositions / trained)
  const list = (name: string): Float32Array => {
    const values: unknown = json[name]
    const fits = Array.isArray(values) && values.length === turned / 2 && values.every((v) => v > 0 && v < 1e6)
    if (!fits) throw unsupported(modelType, `a ${name} that is not ${turned / 2} numbers above 0`)
    const power = powers(theta, turned)
    return Float32Array.from(
      values as number[],
      (value, k) => 1 / Math.fround(Math.fround(value) * (power[k] as number)),
    )
  }
  const [short, long] = [list('short_factor'), list('long_factor')]
  const inferred = growth <= 1 ? 1 : Math.sqrt(1 + Math.log(growth) / Math.log(trained))
  const factor = json.attention_factor == null ? inferred : fields.positive('attention_factor', 1e6)
  return { factor, frequencies: (length) => (length > trained ? long : short), steady: trained }
}
