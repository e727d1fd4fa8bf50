import type { BadInput } from './bad-input.ts'

export const BAD_SETTINGS: readonly BadInput[] = [
  {
    what: 'settings of a wrong kind and unknown ones',
    set: { r: 0, learnin_rate: 1 } as object,
    found: 'before',
    says: ['r: got 0, wanted at least 1', 'did you mean learning_rate?'],
  },
  {
    what: 'target_modules that match nothing',
    set: { target_modules: ['q_proj', 'query_key_value'] },
    found: 'in the run',
    says: ['layer or embedding of this model is called query_key_value', 'q_proj, k_proj, v_proj', 'all-linear'],
  },
]
