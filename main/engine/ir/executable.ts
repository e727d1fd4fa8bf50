import type { Program } from './graph.ts'

export type Values = Float32Array | Int32Array
/** Puts a variable's values into memory that is lent for the call: it fills all of it and keeps nothing of it. */
export type Fill = (into: Values) => void
/** Values of a variable, or what writes them where the backend wants to have them. */
export type Written = Values | Fill
export type NamedValues = Readonly<Record<string, Values>>

/** A compiled program with its state. Calls must not overlap. */
export type Executable = {
  /** Number of backend nodes in the compiled graph (0 where the graph is interpreted). */
  readonly nodeCount: number
  /** Executes one signature: feeds `inputs` by name, applies its updates, returns its outputs by name. */
  run(signature: string, inputs: NamedValues): Promise<Record<string, Values>>
  /**
   * Sets variables. Values are pulled one after another so that only a few are in memory at once; those of bfloat16
   * come two to an int32 word (see `isWrittenPacked`).
   */
  write(values: Iterable<readonly [name: string, value: Written]>): Promise<void>
  /** Copies variables out, in the order asked for, pulled lazily. */
  read(names: readonly string[]): Iterable<readonly [name: string, value: Float32Array]>
  dispose(): void
}

/** Names of operations for which a backend has a kernel that others lack; models are built of smaller ones otherwise. */
export type Kernels = ReadonlySet<string>

/** Something that can execute programs. Chosen once, in `process.ts`. */
export type Backend = {
  readonly kind: 'tensorflow' | 'portable' | 'reference'
  /** What the status bar shows, such as `CPU (TensorFlow 2.21.0, 2 threads)`. */
  readonly device: string
  readonly versions: Readonly<Record<string, string>>
  /** Free bytes of the GPU that computes, null where the driver does not tell; absent: it computes in the machine's memory. */
  readonly cardMemory?: number | null
  /** Products in bfloat16 are computed in float32, of copies: the processor has no instructions for them. */
  readonly widensBfloat16?: boolean
  readonly kernels?: Kernels
  compile(program: Program): Promise<Executable>
}
