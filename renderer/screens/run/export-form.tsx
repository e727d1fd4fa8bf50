import { Alert, Box, Button, Group, NativeSelect, Radio, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import {
  EXPORT_DTYPES,
  EXPORT_KINDS,
  type ExportKind,
  type ExportTarget,
  GGUF_DTYPES,
  type GgufDtype,
  isExportDtype,
} from '../../../shared/domain/export.ts'
import type { Checkpoint, RunDetail } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { formatCount, formatLoss } from '../../format/numbers.ts'
import { DtypeSelect } from '../../ui/dtype-select.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { isActive } from '../runs/run-figures.ts'
import { suggestFolder } from './export-folder.ts'
import { useExportSpace } from './use-export-space.ts'

const KINDS = {
  merged: {
    label: 'Merged model',
    text: 'A complete Hugging Face folder; any program that loads the base model loads it. The merge is proved on prompts.',
  },
  adapter: {
    label: 'Adapter (PEFT)',
    text: 'Only what was trained, as adapter_model.safetensors; small, and needs the base model.',
  },
  gguf: {
    label: 'GGUF (llama.cpp, Ollama)',
    text: 'The merged model as one file, with its tokenizer and chat template, and a Modelfile for Ollama beside it.',
  },
} as const satisfies Record<ExportKind, { label: string; text: string }>

const BUTTONS = { merged: 'merged model', adapter: 'adapter', gguf: 'GGUF' } as const satisfies Record<
  ExportKind,
  string
>

/** A base model may vanish, and come back. */
const TARGETS_AGAIN_MS = 5_000

type CardProps = { readonly kind: ExportKind; readonly target: ExportTarget | undefined }

const KindCard = ({ kind, target }: CardProps) => {
  const reason = target?.reason ?? null
  return (
    <Radio.Card
      value={kind}
      p={12}
      radius="md"
      disabled={reason !== null}
      className="choice-card"
      aria-label={KINDS[kind].label}
    >
      <Group wrap="nowrap" align="flex-start" gap={12}>
        <Radio.Indicator disabled={reason !== null} mt={2} />
        <Box>
          <Text size="sm" fw={600}>
            {KINDS[kind].label}
            {typeof target?.bytes === 'number' && (
              <Text span size="sm" c="dimmed" fw={400} className="numbers">
                {`  about ${formatBytes(target.bytes)}`}
              </Text>
            )}
          </Text>
          <Text size="sm" c="dimmed">
            {reason ?? KINDS[kind].text}
          </Text>
        </Box>
      </Group>
    </Radio.Card>
  )
}

const NoCheckpoint = ({ run }: { readonly run: RunDetail }) => (
  <Alert color="gray" variant="light" icon={<Icon name="alert" />} title="Nothing to export yet">
    {isActive(run)
      ? 'An export is made from a checkpoint, and none has been written. One comes at the end of the run, or when you stop it with a checkpoint.'
      : 'An export is made from a checkpoint, and this run has none.'}
  </Alert>
)

function checkpointOption({ step, best, evalLoss }: Checkpoint, index: number, all: readonly Checkpoint[]) {
  const marks = [best ? 'best' : '', index === all.length - 1 ? 'newest' : ''].filter(Boolean).join(', ')
  const loss = evalLoss === null ? '' : `, validation loss ${formatLoss(evalLoss)}`
  return { value: String(step), label: `Step ${formatCount(step)}${loss}${marks && ` (${marks})`}` }
}

/** Kind, checkpoint and folder of an export. */
export function ExportForm({ run }: { readonly run: RunDetail }) {
  const { data: info } = useCall('app.info', {})
  const { data: jobs } = useCall('exports.list', { runId: run.id })
  const { data: targets } = useCall('exports.targets', { runId: run.id }, { everyMs: TARGETS_AGAIN_MS })
  const start = useAction('exports.start')
  const [picked, setKind] = useState<ExportKind | null>(null)
  const kind = picked ?? targets?.find(({ reason }) => reason === null)?.kind ?? 'merged'
  const [picking, setStep] = useState<number | null>(null)
  const [typed, setTyped] = useState<string | null>(null)
  const taken = jobs?.filter(({ status }) => status !== 'failed').map(({ folder }) => folder) ?? []
  const folder = typed ?? (info ? suggestFolder(info.dataFolder, run.name, kind, taken) : '')
  const step = picking ?? (run.checkpoints.find(({ best }) => best) ?? run.checkpoints.at(-1))?.step ?? 0
  const [chosen, setDtype] = useState<GgufDtype | null>(null)
  const dtype = kind === 'gguf' || isExportDtype(chosen) ? chosen : null
  const target = targets?.find((one) => one.kind === kind)
  const size = target?.sizes.find((one) => one.dtype === dtype)
  const space = useExportSpace(folder, size?.peakBytes ?? target?.bytes ?? null)
  const impossible = targets?.every(({ reason }) => reason !== null) ?? false
  const done = { onSuccess: () => setTyped(null) }
  if (run.checkpoints.length === 0) return <NoCheckpoint run={run} />
  return (
    <Box className="studio-card" p={16} style={{ alignSelf: 'start' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          start.mutate({ runId: run.id, kind, folder, step, dtype: kind === 'adapter' ? null : dtype }, done)
        }}
      >
        <Stack gap={14}>
          <Title order={2}>Export</Title>
          <Radio.Group
            label="What to write"
            value={kind}
            onChange={(value) => setKind(EXPORT_KINDS.find((k) => k === value) ?? 'merged')}
          >
            <Stack gap={8} mt={6}>
              {EXPORT_KINDS.map((name) => (
                <KindCard key={name} kind={name} target={targets?.find((target) => target.kind === name)} />
              ))}
            </Stack>
          </Radio.Group>
          <DtypeSelect
            base={run.config.model_name_or_path}
            sizes={target?.sizes ?? []}
            dtypes={kind === 'gguf' ? GGUF_DTYPES : EXPORT_DTYPES}
            value={dtype}
            onChange={setDtype}
            adapter={kind === 'adapter'}
          />
          <NativeSelect
            label="Checkpoint"
            value={String(step)}
            onChange={(event) => setStep(Number(event.currentTarget.value))}
            data={run.checkpoints.map(checkpointOption).reverse()}
          />
          <PathInput
            label="Folder"
            description={space.note}
            error={space.fault ?? undefined}
            wants="folder"
            value={folder}
            onChange={setTyped}
            aboveButton
          />
          {start.error && <ErrorAlert title="The export was not started" error={start.error} />}
          <Group justify="flex-end" wrap="nowrap">
            <Button
              type="submit"
              loading={start.isPending}
              disabled={folder.trim() === '' || impossible || space.fault !== null}
              leftSection={<Icon name="export" size={16} />}
            >
              {`Export ${BUTTONS[kind]}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Box>
  )
}
