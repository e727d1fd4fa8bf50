import { SimpleGrid, Stack } from '@mantine/core'
import { useCall } from '../../api/studio.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { HubCard } from '../../ui/hub/hub-card.tsx'
import { LibraryList } from '../../ui/library-list.tsx'
import { Page } from '../../ui/page.tsx'
import { MergeCard } from './merge-card.tsx'
import { ModelFactsView } from './model-facts-view.tsx'

/** The base models at hand, and what is inside the chosen one. */
export function ModelsScreen({ path }: { readonly path: string | null }) {
  const { data: models, error } = useCall('models.list', {})
  const chosen = path ?? models?.[0]?.path ?? null
  return (
    <Page
      title="Models"
      subtitle="Folders in the Hugging Face layout on the machine that trains. Nothing of yours is sent anywhere."
    >
      {error && <ErrorAlert title="The list of models could not be read" error={error} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing={16} className="library-layout">
        <Stack gap={14}>
          <LibraryList kind="models" entries={models} chosen={chosen} />
          <HubCard screen="models" />
        </Stack>
        {chosen !== null && (
          <Stack gap={14} key={chosen}>
            <ModelFactsView folder={chosen} />
            <MergeCard base={chosen} />
          </Stack>
        )}
      </SimpleGrid>
    </Page>
  )
}
