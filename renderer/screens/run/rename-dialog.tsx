import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction } from '../../api/studio.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

export function RenameDialog({ run, onClose }: Props) {
  const [name, setName] = useState(run.name)
  const rename = useAction('runs.rename')
  const usable = name.trim().length > 0 && name.trim().length <= 120
  return (
    <Modal opened onClose={onClose} title="Rename the run">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (usable) rename.mutate({ runId: run.id, name }, { onSuccess: onClose })
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={usable ? null : 'Give a name of 1 to 120 characters.'}
          />
          {rename.error && <ErrorAlert title="The run was not renamed" error={rename.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={rename.isPending} disabled={!usable}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
