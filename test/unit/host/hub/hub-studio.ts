import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { Host, HostOptions } from '../../../../main/host/host.ts'
import { type Download, isAtWork } from '../../../../shared/domain/hub.ts'
import { type DoubleRepo, startHubDouble } from '../../../hub/hub-double.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { openTestHost } from '../studio.ts'

/** Content of some length that repeats nowhere near. */
export const bytesOf = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255))

/** A small model as the hub has it: weights on the CDN, and files the studio has no use for. */
export const MODEL: DoubleRepo = {
  files: {
    '.gitattributes': '*',
    'README.md': '# a model',
    'config.json': '{"model_type":"llama"}',
    'tokenizer.json': '{}',
    'tokenizer_config.json': '{}',
    'model.safetensors': bytesOf(300_000),
    'pytorch_model.bin': 'pickle',
    'onnx/model.onnx': 'other',
  },
  lfs: ['model.safetensors', 'pytorch_model.bin'],
  license: 'apache-2.0',
  modelType: 'llama',
}

/** A hub with these repositories, and a host that knows it, with its cache in a folder of the test. */
export async function setUpHub(
  repos: Readonly<Record<string, DoubleRepo>>,
  { token, ...options }: HostOptions & { token?: string } = {},
) {
  const folder = temporaryFolder()
  const hub = await startHubDouble(repos, token === undefined ? [] : [token])
  onTestFinished(() => hub.stop())
  const home = join(folder, 'hf')
  const environment = {
    HF_ENDPOINT: hub.url,
    HF_HOME: home,
    HF_HUB_CACHE: undefined,
    HF_TOKEN: undefined,
    HUGGING_FACE_HUB_TOKEN: undefined,
    HF_TOKEN_PATH: undefined,
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const host = await openTestHost(folder, options)
  return { folder, hub, home, host }
}

/** Waits until a download has come to rest. */
export function downloadEnd(host: Host, id: string): Promise<Download> {
  return new Promise((resolve, reject) => {
    const end = host.on('download.updated', (one) => see(one))
    const see = (one: Download | undefined) => {
      if (one?.id !== id || isAtWork(one.status)) return
      end()
      resolve(one)
    }
    host.call('downloads.list', {}).then((list) => see(list.find((one) => one.id === id)), reject)
  })
}

export const order = (repo: string, kind: 'model' | 'dataset' = 'model', paths: string[] = []) => ({
  kind,
  repo,
  revision: null,
  paths,
})
