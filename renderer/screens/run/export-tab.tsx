import { SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ChatModel } from '../../../shared/domain/chat.ts'
import type { ExportKind } from '../../../shared/domain/export.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import { formatWhen } from '../../format/dates.ts'
import { formatCount } from '../../format/numbers.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { WriteJobCard } from '../../ui/write-job-card.tsx'
import { ExportForm } from './export-form.tsx'

const KIND_TITLES = { merged: 'Merged model', adapter: 'Adapter', gguf: 'GGUF' } as const satisfies Record<
  ExportKind,
  string
>

/** What a finished export can be tried beside; a GGUF is for other programs. */
const TRY: Readonly<Record<ExportKind, (run: RunDetail, folder: string) => readonly ChatModel[]>> = {
  merged: ({ id }, folder) => [
    { kind: 'base', runId: id },
    { kind: 'folder', folder },
  ],
  adapter: ({ id, config }, adapter) => [
    { kind: 'base', runId: id },
    { kind: 'adapter', base: config.model_name_or_path, adapter },
  ],
  gguf: () => [],
}

function Jobs({ run }: { readonly run: RunDetail }) {
  const runId = run.id
  const { data: jobs, error } = useCall('exports.list', { runId })
  if (error) return <ErrorAlert title="The exports could not be read" error={error} />
  if (jobs === undefined) return <Skeleton h={120} radius="lg" />
  if (jobs.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing exported yet. Each export is listed here with its files and, for a merged model, the proof that it gives
        the same answers.
      </Text>
    )
  }
  return [...jobs]
    .sort((a, b) => b.createdAt - a.createdAt)
    .map((job) => (
      <WriteJobCard
        key={job.id}
        title={KIND_TITLES[job.kind]}
        note={`from step ${formatCount(job.step)}, ${formatWhen(job.createdAt)}`}
        failure="The export failed"
        job={job}
        tryWith={TRY[job.kind](run, job.folder)}
      />
    ))
}

/** Writes the trained model to a folder, and shows what was written. */
export const ExportTab = ({ run }: { readonly run: RunDetail }) => (
  <SimpleGrid cols={{ base: 1, md: 2 }} spacing={20}>
    <ExportForm run={run} />
    <Stack gap={14}>
      <Title order={2}>Exports of this run</Title>
      <Jobs run={run} />
    </Stack>
  </SimpleGrid>
)
