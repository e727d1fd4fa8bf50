/** Endings of the data files that are read, without the dot. `main/engine/data/files` holds a reader for each. */
export const DATA_EXTENSIONS = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet', 'txt'] as const
export type DataExtension = (typeof DATA_EXTENSIONS)[number]

/** What the rows of a file are counted by. */
export const ROW_PLACES = ['line', 'row'] as const
export type RowPlace = (typeof ROW_PLACES)[number]
