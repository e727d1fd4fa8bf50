import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { BUNDLE_EXTENSION } from '../../../shared/domain/bundle.ts'
import { useAction } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { PathInput } from '../../ui/path-input.tsx'

/** Takes up a run that another studio has saved as a bundle. */
export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const [file, setFile] = useState('')
  const take = useAction('bundles.import')
  return (
    <Modal opened onClose={onClose} title="Import a run" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const opened = ({ id }: { readonly id: string }) => goTo({ screen: 'run', runId: id, tab: 'curves' })
          if (file.trim() !== '') take.mutate({ file: file.trim() }, { onSuccess: opened })
        }}
      >
        <Stack gap="md">
          <Text size="sm">
            Settings and curves of a run that was saved as a bundle (.{BUNDLE_EXTENSION}). Its weights are not in it, so
            it can be looked at, compared and made again, but not resumed or exported.
          </Text>
          <PathInput label="Bundle" wants="bundle" value={file} onChange={setFile} />
          {take.error && <ErrorAlert title="The run was not imported" error={take.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={take.isPending} disabled={file.trim() === ''}>
              Import
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
