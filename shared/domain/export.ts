import { z } from 'zod'
import { studioErrorSchema } from './error.ts'

export const EXPORT_KINDS = ['merged', 'adapter', 'gguf'] as const
export const exportKindSchema = z.enum(EXPORT_KINDS)
export type ExportKind = z.infer<typeof exportKindSchema>
/** What an adapter from elsewhere can be written as; an adapter it is already. */
export const MERGE_KINDS = ['merged', 'gguf'] as const satisfies readonly ExportKind[]
export const mergeKindSchema = z.enum(MERGE_KINDS)
export type MergeKind = z.infer<typeof mergeKindSchema>

/** Element types in which a merged model's weights can be written; the least rounded first. */
export const EXPORT_DTYPES = ['float32', 'bfloat16', 'float16'] as const
export type ExportDtype = (typeof EXPORT_DTYPES)[number]
/** What safetensors files call them. */
export const FILE_DTYPES = {
  float32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
} as const satisfies Record<ExportDtype, string>

/** Those of a GGUF file; q8_0: blocks of 32 codes of 8 bits with one scale. */
export const GGUF_DTYPES = [...EXPORT_DTYPES, 'q8_0'] as const
const ggufDtypeSchema = z.enum(GGUF_DTYPES)
export type GgufDtype = z.infer<typeof ggufDtypeSchema>
export const isExportDtype = (dtype: GgufDtype | null): dtype is ExportDtype | null => dtype !== 'q8_0'

/** The one that a model is written in of which most numbers are stored in the first of these; float64 is read as float32. */
export function dtypeOfFiles(mostFirst: readonly string[]): ExportDtype {
  const known = EXPORT_DTYPES.map((dtype) => [FILE_DTYPES[dtype] as string, dtype] as const)
  const names = new Map<string, ExportDtype>([...known, ['F64', 'float32']])
  return mostFirst.flatMap((name) => names.get(name) ?? [])[0] ?? 'float32'
}

/**
 * Of what is written; null: as most of the base's own weights are stored, as merge_and_unload of PEFT leaves it. `q8_0` is
 * for GGUF alone.
 */
export const runExportDtypeSchema = ggufDtypeSchema.nullable().default(null)

/** Proof that the merged model equals the adapted one: both run on the same prompts after the files were read back. */
export const mergeProofSchema = z.object({
  prompts: z.number().int(),
  tokens: z.number().int(),
  /** Largest absolute difference of two logits, and the largest absolute logit for scale. */
  maxAbsDifference: z.number(),
  maxAbsLogit: z.number(),
  /** Mean Kullback-Leibler divergence in nats a token. */
  meanKl: z.number(),
  /** Share of positions where both choose the same next token. */
  topOneAgreement: z.number(),
  /** In which the files hold the weights. All figures above are of the files. */
  dtype: ggufDtypeSchema.default('float32'),
  /** `maxAbsDifference` before the weights were rounded to `dtype`; null: nothing was rounded. */
  unrounded: z.number().nullable().default(null),
})
export type MergeProof = z.infer<typeof mergeProofSchema>

/**
 * Largest difference of two logits, as a share of the largest logit, that is rounding and no fault. float32: measured, with
 * room. Shorter ones round each weight by at most u (2^-9, 2^-12 of it); errors of 7 products a layer in 80 layers, added
 * as random ones, come to 14 u. q8_0 rounds by at most 1/254 of the largest weight of a block, some three times a usual one.
 */
export const MERGE_BOUNDS = {
  float32: 1e-4,
  bfloat16: 2 ** -5,
  float16: 2 ** -8,
  q8_0: 2 ** -3,
} as const satisfies Record<GgufDtype, number>

/** A difference as a share of the largest logit. */
export const relativeDifference = (difference: number, { maxAbsLogit }: Pick<MergeProof, 'maxAbsLogit'>): number =>
  maxAbsLogit === 0 ? difference : difference / maxAbsLogit

/** Whether the differences of a proof are within `times` their bounds: the merge in float32, and what was rounded of it. */
export function isWithinBounds(proof: MergeProof, times = 1): boolean {
  const { dtype, maxAbsDifference, unrounded } = proof
  const merged = relativeDifference(unrounded ?? maxAbsDifference, proof) <= times * MERGE_BOUNDS.float32
  // Half the largest logit is no rounding of any dtype.
  return merged && relativeDifference(maxAbsDifference, proof) <= Math.min(0.5, times * MERGE_BOUNDS[dtype])
}

/** What a merged model or a GGUF in a dtype takes on the disk: in the end, and while it is written (float32 comes first). */
export const mergedSizeSchema = z.object({
  dtype: ggufDtypeSchema.nullable(),
  bytes: z.number(),
  peakBytes: z.number(),
})
export type MergedSize = z.infer<typeof mergedSizeSchema>

const DTYPE_BYTES = {
  float32: 4,
  bfloat16: 2,
  float16: 2,
  q8_0: 34 / 32,
} as const satisfies Record<GgufDtype, number>

/** About what a model of so many parameters takes merged; `baseBytes` are those of the base's weight files. */
export function mergedSizes(parameters: number, baseBytes: number): MergedSize[] {
  const whole = DTYPE_BYTES.float32 * parameters
  return [null, ...EXPORT_DTYPES].map((dtype) => {
    const bytes = dtype === null ? Math.min(whole, baseBytes) : DTYPE_BYTES[dtype] * parameters
    // What else the files hold does not make a float32 model one that is rounded.
    return { dtype, bytes, peakBytes: bytes < 0.75 * whole ? bytes + whole : bytes }
  })
}

/** As {@link mergedSizes} for a GGUF file, which is written from the float32 model beside it. */
export function ggufSizes(parameters: number, baseBytes: number): MergedSize[] {
  const whole = DTYPE_BYTES.float32 * parameters
  return [null, ...GGUF_DTYPES].map((dtype) => {
    const bytes = dtype === null ? Math.min(whole, baseBytes) : Math.ceil(DTYPE_BYTES[dtype] * parameters)
    return { dtype, bytes, peakBytes: bytes + whole }
  })
}

/** One thing a run can be written as: about how large, or why not. */
export const exportTargetSchema = z.object({
  kind: exportKindSchema,
  bytes: z.number().nullable(),
  /** Of a merged model or a GGUF, by its dtype. */
  sizes: z.array(mergedSizeSchema).default([]),
  reason: z.string().nullable(),
})
export type ExportTarget = z.infer<typeof exportTargetSchema>

/** Free bytes of the disk a path lies on, and the nearest folder of it that exists; null: the system does not tell. */
export const freeSpaceSchema = z.object({ folder: z.string(), freeBytes: z.number().nullable() })
export type FreeSpace = z.infer<typeof freeSpaceSchema>

export const exportReportSchema = z.object({
  folder: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: z.number() })),
  proof: mergeProofSchema.nullable(),
  /** What the user should know of the files. */
  notes: z.array(z.string()).default([]),
})
export type ExportReport = z.infer<typeof exportReportSchema>

/** How far the writing of a folder is, and how it ended. */
export const writeStateSchema = z.object({
  status: z.enum(['running', 'finished', 'failed']),
  phase: z.string().nullable(),
  /** 0 to 1. */
  progress: z.number(),
  report: exportReportSchema.nullable(),
  error: studioErrorSchema.nullable(),
})
export type WriteState = z.infer<typeof writeStateSchema>

export const exportJobSchema = z.object({
  id: z.string(),
  runId: z.string(),
  kind: exportKindSchema,
  folder: z.string(),
  step: z.number().int(),
  createdAt: z.number(),
  ...writeStateSchema.shape,
})
export type ExportJob = z.infer<typeof exportJobSchema>
