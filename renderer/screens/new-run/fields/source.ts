import type { Fields } from './field-spec.ts'

/** What is trained on what. */
export const SOURCE_FIELDS = {
  run_name: { kind: 'text', label: 'Name of the run', hint: 'How it is listed in the history.' },
  model_name_or_path: {
    kind: 'path',
    label: 'Base model',
    hint: 'A folder on the machine that trains, with config.json, tokenizer.json and safetensors, or a name on the Hugging Face Hub, as org/name.',
  },
  model_revision: {
    kind: 'optional-text',
    label: 'Revision',
    hint: 'Branch, tag or commit on the Hub; empty: main.',
  },
  train_file: {
    kind: 'path',
    label: 'Training data',
    hint: 'JSON Lines, JSON, CSV or Parquet with instruction and output, conversations, or text.',
  },
  validation_file: {
    kind: 'optional-path',
    label: 'Validation data',
    hint: 'Measured while training; not trained on.',
  },
  test_file: { kind: 'optional-path', label: 'Test data', hint: 'Measured once, at the end.' },
  columns: { kind: 'columns', label: 'Columns', hint: 'Which column of the file is what, where it has another name.' },
} as const satisfies Fields
