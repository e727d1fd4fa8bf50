import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import {
  EXPORT_DTYPES,
  GGUF_DTYPES,
  type GgufDtype,
  ggufSizes,
  isExportDtype,
  MERGE_KINDS,
  type MergeKind,
  mergedSizes,
} from '../../../shared/domain/export.ts'
import { isGgufFamily } from '../../../shared/domain/gguf.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { formatWhen } from '../../format/dates.ts'
import { modelName } from '../../format/numbers.ts'
import { Card } from '../../ui/card.tsx'
import { DtypeSelect } from '../../ui/dtype-select.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { WriteJobCard } from '../../ui/write-job-card.tsx'

/** A folder in the data folder, named after the adapter's. */
function suggested(dataFolder: string | undefined, adapter: string, kind: MergeKind): string {
  const name = adapter
    .trim()
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .at(-1)
  if (dataFolder === undefined || !name) return ''
  const separator = dataFolder.includes('\\') ? '\\' : '/'
  return [dataFolder.replace(/[\\/]+$/, ''), 'exports', `${name}-${kind}`].join(separator)
}

const KINDS = { merged: 'Merged model', gguf: 'GGUF' } as const satisfies Record<MergeKind, string>

type KindProps = { readonly value: MergeKind; readonly possible: boolean; readonly onChange: (kind: MergeKind) => void }

/** As what it is written; a model that llama.cpp does not know is written as a model. */
const KindChoice = ({ value, possible, onChange }: KindProps) => (
  <SegmentedControl
    aria-label="Write it as"
    style={{ alignSelf: 'flex-start' }}
    value={value}
    onChange={(chosen) => onChange(MERGE_KINDS.find((kind) => kind === chosen) ?? 'merged')}
    data={[
      { value: 'merged', label: KINDS.merged },
      { value: 'gguf', label: 'GGUF (llama.cpp, Ollama)', disabled: !possible },
    ]}
  />
)

function Jobs({ base }: { readonly base: string }) {
  const { data: jobs } = useCall('merges.list', {})
  return [...(jobs ?? [])]
    .filter((job) => job.base === base)
    .sort((a, b) => b.createdAt - a.createdAt)
    .map((job) => (
      <WriteJobCard
        key={job.id}
        title={KINDS[job.kind]}
        note={`from ${modelName(job.adapter)}, ${formatWhen(job.createdAt)}`}
        failure="The adapter was not merged"
        job={job}
        tryWith={
          job.kind === 'gguf'
            ? []
            : [
                { kind: 'folder', folder: base },
                { kind: 'folder', folder: job.folder },
              ]
        }
      />
    ))
}

/** Merges an adapter from elsewhere into this model: no run is needed for it. */
export function MergeCard({ base }: { readonly base: string }) {
  const { data: info } = useCall('app.info', {})
  const start = useAction('merges.start')
  const [adapter, setAdapter] = useState('')
  const [typed, setTyped] = useState<string | null>(null)
  const [chosen, setDtype] = useState<GgufDtype | null>(null)
  const [picked, setKind] = useState<MergeKind>('merged')
  const { data: facts } = useCall('models.inspect', { folder: base })
  const gguf = isGgufFamily(facts?.modelType)
  const kind = gguf ? picked : 'merged'
  const dtype = kind === 'gguf' || isExportDtype(chosen) ? chosen : null
  const sizesOf = kind === 'gguf' ? ggufSizes : mergedSizes
  const sizes = facts && facts.parameters !== null ? sizesOf(facts.parameters, facts.bytes) : []
  const folder = typed ?? suggested(info?.dataFolder, adapter, kind)
  return (
    <>
      <Card title="Merge an adapter into it">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            start.mutate({ base, adapter, folder, kind, dtype }, { onSuccess: () => setTyped(null) })
          }}
        >
          <Stack gap={14}>
            <Text size="sm" c="dimmed">
              An adapter that PEFT or another program trained on this model becomes part of its weights. Both models are
              run side by side afterwards, and the difference of their answers is shown.
            </Text>
            <PathInput
              label="Adapter folder"
              description="With adapter_config.json and adapter_model.safetensors: LoRA, DoRA or VeRA."
              wants="folder"
              value={adapter}
              onChange={setAdapter}
              placeholder="/path/on/this/machine"
            />
            <KindChoice value={kind} possible={gguf} onChange={setKind} />
            <DtypeSelect
              dtypes={kind === 'gguf' ? GGUF_DTYPES : EXPORT_DTYPES}
              base={base}
              sizes={sizes}
              value={dtype}
              onChange={setDtype}
            />
            <PathInput
              label={kind === 'gguf' ? 'Folder for the GGUF' : 'Folder for the merged model'}
              description="It must be new or empty."
              wants="folder"
              value={folder}
              onChange={setTyped}
              aboveButton
            />
            {start.error && <ErrorAlert title="The merge was not started" error={start.error} />}
            <Group justify="flex-end">
              <Button
                type="submit"
                variant="default"
                loading={start.isPending}
                disabled={adapter.trim() === '' || folder.trim() === ''}
                leftSection={<Icon name="export" size={16} />}
              >
                Merge
              </Button>
            </Group>
          </Stack>
        </form>
      </Card>
      <Jobs base={base} />
    </>
  )
}
