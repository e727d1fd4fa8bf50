import { SimpleGrid, Stack } from '@mantine/core'
import { useState } from 'react'
import type { DataQuestion } from '../../../shared/domain/data-facts.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useCall } from '../../api/studio.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { HubCard } from '../../ui/hub/hub-card.tsx'
import { LibraryList } from '../../ui/library-list.tsx'
import { Page } from '../../ui/page.tsx'
import { DataFactsView } from './data-facts-view.tsx'
import { taskOfChoice } from './tasks.ts'
import { type ViewSettings, ViewSettingsCard } from './view-settings.tsx'

const PLAIN: ViewSettings = {
  model: '',
  promptTemplate: 'auto',
  maxSeqLength: '512',
  validationFile: '',
  task: 'auto',
}

/** The demo's files are seen as the demo trains on them. */
const settingsFor = (file: string, shipped: boolean, demo: RunConfig | undefined, model: string): ViewSettings =>
  shipped && demo
    ? {
        ...PLAIN,
        model: demo.model_name_or_path,
        promptTemplate: demo.prompt_template,
        maxSeqLength: String(demo.max_seq_length),
        validationFile: demo.validation_file === file ? '' : (demo.validation_file ?? ''),
      }
    : { ...PLAIN, model }

const questionOf = (file: string, settings: ViewSettings, columns: DataQuestion['columns']): DataQuestion => {
  const limit = Number(settings.maxSeqLength)
  return {
    file,
    model: settings.model === '' ? null : settings.model,
    validationFile: settings.validationFile === '' ? null : settings.validationFile,
    columns,
    ...taskOfChoice(settings.task),
    promptTemplate: settings.promptTemplate,
    trainOnInputs: false,
    maxSeqLength: Number.isInteger(limit) && limit >= 8 && limit <= 32_768 ? limit : 512,
  }
}

type Look = { readonly file: string; readonly settings: ViewSettings; readonly columns: DataQuestion['columns'] }

/** How the chosen file is looked at; another file begins anew, and nothing beside it is drawn anew for that. */
function useLook(file: string, initial: ViewSettings) {
  const [kept, setKept] = useState<Look | null>(null)
  const look: Look = kept?.file === file ? kept : { file, settings: initial, columns: {} }
  return { look, change: (next: Partial<Look>) => setKept({ ...look, ...next }) }
}

/** The data files at hand, and what the model would see of the chosen one. */
export function DataScreen({ path }: { readonly path: string | null }) {
  const { data: files, error } = useCall('data.list', {})
  const { data: models } = useCall('models.list', {})
  const { data: demo, isFetched } = useCall('demo.config', {})
  const chosen = path ?? files?.[0]?.path ?? null
  const shipped = files?.find((file) => file.path === chosen)?.shipped ?? false
  const ready = files !== undefined && models !== undefined && isFetched
  const { look, change } = useLook(chosen ?? '', settingsFor(chosen ?? '', shipped, demo, models?.[0]?.path ?? ''))
  return (
    <Page title="Data" subtitle="Rows, prompts and lengths as a run would see them, before it is started.">
      {error && <ErrorAlert title="The list of data files could not be read" error={error} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing={16} className="library-layout">
        <Stack gap={14}>
          <LibraryList kind="data" entries={files} chosen={chosen} />
          <HubCard screen="data" />
          {ready && chosen !== null && (
            <ViewSettingsCard key={chosen} settings={look.settings} onChange={(settings) => change({ settings })} />
          )}
        </Stack>
        {ready && chosen !== null && (
          <Stack gap={14} key={chosen}>
            <DataFactsView
              question={questionOf(chosen, look.settings, look.columns)}
              onColumns={(columns) => change({ columns })}
            />
          </Stack>
        )}
      </SimpleGrid>
    </Page>
  )
}
