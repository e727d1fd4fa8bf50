import { type HowMeasured, measureSteps } from './measure-steps.ts'
import { hasOption, numberOption } from './report.ts'
import { type StepCase, stepCase } from './step-case.ts'

type Group = {
  readonly cases: readonly StepCase[]
  readonly rounds: number
  readonly steps: number
  /** Whether PEFT is measured beside. */
  readonly peft: boolean
}

const METHODS = ['full', 'lora', 'dora', 'vera', 'dvora'] as const
/** Tokens are grown in one row, so that the longest fits a small machine. */
export const LENGTHS = [128, 256, 512, 1024, 2048] as const
export const LAYERS = [10, 20, 0] as const
export const RANKS = [4, 16, 64] as const
export const WIDTHS = [1, 2] as const

/** What `bench -- all` measures of steps, and the tables that are drawn from parts of it. */
export const GROUPS = {
  main: { cases: [stepCase(), stepCase({ method: 'lora' })], rounds: 3, steps: 4, peft: true },
  methods: {
    cases: METHODS.filter((method) => method !== 'dora' && method !== 'lora').map((method) => stepCase({ method })),
    rounds: 1,
    steps: 3,
    peft: true,
  },
  small: {
    cases: (['demo', 'minilm'] as const).flatMap((shape) => METHODS.map((method) => stepCase({ shape, method }))),
    rounds: 1,
    steps: 6,
    peft: true,
  },
  precision: {
    cases: [stepCase({ bf16: true }), stepCase({ dtype: 'bfloat16' }), stepCase({ quantization: 'nf4' })],
    rounds: 1,
    steps: 3,
    peft: true,
  },
  checkpointing: {
    cases: [stepCase({ checkpointing: true }), stepCase({ checkpointing: true, length: 1024 })],
    rounds: 1,
    steps: 2,
    peft: true,
  },
  accumulation: {
    cases: [stepCase({ accumulation: 8 }), stepCase({ method: 'lora', accumulation: 8 })],
    rounds: 1,
    steps: 2,
    peft: true,
  },
  lengths: {
    cases: LENGTHS.map((length) => stepCase({ batch: 1, length })),
    rounds: 1,
    steps: 3,
    peft: true,
  },
  detached: {
    cases: [stepCase(), stepCase({ detached: false })],
    rounds: 1,
    steps: 3,
    peft: false,
  },
  growth: {
    cases: [
      ...LENGTHS.map((length) => stepCase({ batch: 1, length })),
      ...LAYERS.map((layers) => stepCase({ layers })),
      ...RANKS.map((r) => stepCase({ r })),
      ...WIDTHS.map((width) => stepCase({ width })),
    ],
    rounds: 1,
    steps: 3,
    peft: false,
  },
} as const satisfies Readonly<Record<string, Group>>

/** Measures a group as `--rounds`, `--steps`, `--missing` and `--no-peft` say. */
export function measureGroup({ cases, ...group }: Group, changes: Partial<HowMeasured> = {}): void {
  measureSteps(cases, {
    rounds: numberOption('rounds', group.rounds),
    steps: numberOption('steps', group.steps),
    missing: hasOption('missing'),
    peft: group.peft && !hasOption('no-peft'),
    ...changes,
  })
}
