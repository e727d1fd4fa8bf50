import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction } from '../../api/studio.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

export function RenameDialog({ run, onClose }: Props) {
  const [name, setName] = useState(run.name)
  const rename = useAction('runs.rename')
  const usable = name.trim().length > 0 && name.trim().length <= 120
  return (
    <FormDialog
      title="Rename the run"
      action="Rename"
      usable={usable}
      saving={rename}
      failed="The run was not renamed"
      onSave={() => rename.mutate({ runId: run.id, name }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={usable ? null : 'Give a name of 1 to 120 characters.'}
      />
    </FormDialog>
  )
}
