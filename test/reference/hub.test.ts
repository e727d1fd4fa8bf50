import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commitOf } from '../hub/hub-double.ts'
import { downloadEnd, MODEL, order, setUpHub } from '../unit/host/hub/hub-studio.ts'
import { python, runReference } from './python.ts'

const title = python
  ? 'the cache shared with huggingface_hub'
  : 'the cache shared with huggingface_hub (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'
const FILES = 4
const COMMIT = Number.parseInt(commitOf('org/tiny').slice(0, 8), 16)

describe.runIf(python)(title, () => {
  test('what huggingface_hub has fetched from the double is found whole, and nothing of it is fetched again', async () => {
    const { host, hub, home, folder } = await setUpHub({ 'org/tiny': MODEL })
    const cache = join(home, 'hub')
    const given = { endpoint: hub.url, cache, repo: 'org/tiny', fetch: true }
    expect(await runReference('use_hub.py', given, folder)).toMatchObject({ files: FILES, commit: COMMIT })
    const facts = await host.call('hub.look', { kind: 'model', repo: 'org/tiny', revision: null })
    expect(facts.folder).toBe(join(cache, 'models--org--tiny/snapshots', commitOf('org/tiny')))
    hub.seen.length = 0
    const { id } = await host.call('downloads.start', order('org/tiny'))
    expect((await downloadEnd(host, id)).status).toBe('finished')
    expect(hub.seen.filter(({ path }) => path.includes('resolve'))).toEqual([])
  })

  test('what the studio has fetched is found by huggingface_hub without a network', async () => {
    const { host, hub, home, folder } = await setUpHub({ 'org/tiny': MODEL })
    const { id } = await host.call('downloads.start', order('org/tiny'))
    const { bytes } = await downloadEnd(host, id)
    const given = { endpoint: hub.url, cache: join(home, 'hub'), repo: 'org/tiny', fetch: false }
    const wanted = { files: FILES, bytes, repos: 1, warnings: 0, commit: COMMIT }
    expect(await runReference('use_hub.py', given, folder)).toEqual(wanted)
  })
})
