import { desktopCallsRefused } from '../../../main/host/services/desktop-calls.ts'
import { fault } from '../../../shared/domain/error.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { hubRefused } from './hub.ts'
import type { Handlers } from './server.ts'

export const HOME = '/home/user/.local/share/dora-studio'
export const DEVICE = 'TensorFlow 2.18, CPU, 2 threads'

export const demoConfig = (): RunConfig =>
  runConfigSchema.parse({
    run_name: 'Kinds of things (DoRA)',
    model_name_or_path: '/opt/dora-studio/resources/demo/model',
    train_file: '/opt/dora-studio/resources/demo/kinds.train.jsonl',
    validation_file: '/opt/dora-studio/resources/demo/kinds.validation.jsonl',
    test_file: '/opt/dora-studio/resources/demo/kinds.test.jsonl',
    learning_rate: 2e-3,
    num_train_epochs: 2,
    warmup_steps: 30,
  })

const yamlOf = (config: RunConfig): string =>
  `${Object.entries(config)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')}\n`

/** Calls that are answered the same at any time. */
export const FIXED_ANSWERS = {
  'app.info': () => ({ version: '0.1.0', dataFolder: HOME, repaired: null, platform: 'linux' }),
  'app.status': () => ({ device: DEVICE, memory: { total: 16_000_000_000, available: 9_400_000_000 } }),
  'history.check': () => ({
    file: `${HOME}/studio.sqlite`,
    bytes: 583_000_000,
    runs: 200,
    complaints: [],
    backups: [],
    damaged: [],
    repairAtStart: false,
  }),
  'history.repair': () => ({ atNextStart: true }),
  'bundles.save': ({ file }) => ({ file, bytes: 12_345 }),
  'bundles.import': ({ file }) => {
    throw fault('not-found', `${file} does not exist, or is no file.`)
  },
  'bundles.compare': () => ({ compared: 0, differing: 0, first: [] }),
  'doctor.report': () => ({
    backend: 'tensorflow',
    device: 'CPU, 2 threads',
    gflops: 87.4,
    checks: [
      { id: 'node', label: 'Node.js', status: 'ok', found: '24.21.0', cure: '' },
      { id: 'library', label: 'TensorFlow library', status: 'ok', found: '2.18.0 with its addon', cure: '' },
      {
        id: 'gpu',
        label: 'NVIDIA GPU',
        status: 'warning',
        found: 'No driver found; training runs on the CPU.',
        cure: 'Install the NVIDIA driver if this machine has such a card.',
      },
      { id: 'disk', label: 'Free disk', status: 'ok', found: '48 GB', cure: '' },
    ],
  }),
  'demo.config': demoConfig,
  'config.parse': () => demoConfig(),
  'config.format': (config) => ({ yaml: yamlOf(runConfigSchema.parse(config)) }),
  'paths.suggest': () => ({
    entries: ['models', ...'abcdefgh'].map((name) => ({ path: `/home/user/${name}/`, folder: true })),
  }),
  // What lies below /small is on a disk that is nearly full.
  'paths.freeSpace': ({ path }) => ({
    folder: '/',
    freeBytes: path.startsWith('/small') ? 2_000_000 : 512_000_000_000,
  }),
  ...desktopCallsRefused,
  ...hubRefused,
} satisfies Partial<Handlers>
