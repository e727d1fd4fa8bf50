/** Every method the studio trains, in the order a form offers them. */
export const METHOD_KINDS = ['dora', 'lora', 'dvora', 'vera', 'series', 'parallel', 'prefix', 'full'] as const
export type MethodKind = (typeof METHOD_KINDS)[number]
