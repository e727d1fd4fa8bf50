import type { RunConfig } from '../../../../shared/domain/run-config.ts'

export type FieldName = keyof RunConfig

/** How a field is asked for. `path` may be empty where the configuration allows null. */
export type FieldKind =
  | { readonly kind: 'text' | 'path' | 'optional-path' | 'number' | 'switch' | 'modules' | 'template' | 'method' }
  /** `optional-*`: empty is null. `pairs`: names and values, as `q_proj: 8, v_proj: 4`. */
  | {
      readonly kind:
        | 'names'
        | 'optional-text'
        | 'optional-names'
        | 'optional-number'
        | 'optional-numbers'
        | 'pairs'
        | 'columns'
    }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

export type FieldSpec = FieldKind & { readonly label: string; readonly hint: string }

/** A section of the form, in the order it is shown. */
export type Fields = { readonly [K in FieldName]?: FieldSpec }
