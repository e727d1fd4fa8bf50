import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hubPlace, isHubRepo, parseHubName } from '../../../../shared/domain/hub.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

test.each([
  ['org/name', ['model', 'org/name', null]],
  [' gpt2 ', ['model', 'gpt2', null]],
  ['https://huggingface.co/Qwen/Qwen2.5-0.5B', ['model', 'Qwen/Qwen2.5-0.5B', null]],
  ['https://huggingface.co/org/name/tree/v1.0', ['model', 'org/name', 'v1.0']],
  ['https://huggingface.co/org/name/blob/main/config.json?download=1#L3', ['model', 'org/name', 'main']],
  ['https://huggingface.co/org/name/tree/refs%2Fpr%2F1', ['model', 'org/name', 'refs/pr/1']],
  ['https://hf.co/datasets/org/rows/viewer', null],
  ['https://hf.co/datasets/org/rows', ['dataset', 'org/rows', null]],
  ['hf://datasets/org/rows', ['dataset', 'org/rows', null]],
  ['https://mirror.example/org/name/', ['model', 'org/name', null]],
  ['https://example.org/org/name', null],
  ['/home/me/models/name', null],
  ['../name', null],
  ['org/na--me', null],
  ['org/name.git', null],
  ['', null],
] as const)('%s', (text, wanted) => {
  const name = parseHubName(text, 'model', 'mirror.example')
  expect(name && [name.kind, name.repo, name.revision]).toEqual(wanted)
})

test('a path in the cache tells repository and commit, any other path nothing', () => {
  const path = `/home/me/.cache/huggingface/hub/models--org--name/snapshots/${COMMIT}`
  expect(hubPlace(path)).toEqual({ kind: 'model', repo: 'org/name', commit: COMMIT })
  expect(hubPlace(`C:\\hub\\datasets--rows\\snapshots\\${COMMIT}\\a.csv`)).toMatchObject({
    kind: 'dataset',
    repo: 'rows',
  })
  expect(hubPlace('/models/llama/snapshots/x')).toBeNull()
})

test('whatever is typed names no path outside the cache', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 300 }), fc.webUrl(), fc.stringMatching(/^[\w./:%-]{0,60}$/)),
      (text) => {
        const name = parseHubName(text, 'model')
        if (name === null) return
        expect(isHubRepo(name.repo)).toBe(true)
        expect(name.repo).toMatch(/^[\w.-]+(\/[\w.-]+)?$/)
        expect(name.repo.split('/')).not.toContain('..')
      },
    ),
  )
})
