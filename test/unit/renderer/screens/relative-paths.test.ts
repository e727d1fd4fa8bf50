import { describe, expect, test } from 'vitest'
import { hasRelativePath } from '../../../../renderer/screens/new-run/relative-paths.ts'

describe('whether a run file depends on the folder it lies in', () => {
  test.each([
    'model_name_or_path: org/name',
    'model_name_or_path: "org/name" # of the hub\ntrain_file: /data/train.jsonl',
    '{"model_name_or_path": "org/name", "train_file": "/data/train.jsonl"}',
    'model_name_or_path: /models/demo\nvalidation_file: null\ntest_file:\ntrain_file: ~/train.jsonl',
    'model_name_or_path: C:\\models\\demo',
    'run_name: a/b\nlearning_rate: 1e-4',
  ])('not so: %s', (text) => {
    expect(hasRelativePath(text)).toBe(false)
  })

  test.each([
    'train_file: kinds.train.jsonl',
    'model_name_or_path: org/name\ntrain_file: data/train.jsonl',
    'model_name_or_path: ./org/name',
    'model_name_or_path: model',
    'adapter_name_or_path: org/name',
    '  "train_file": "data.jsonl",',
  ])('so: %s', (text) => {
    expect(hasRelativePath(text)).toBe(true)
  })
})
