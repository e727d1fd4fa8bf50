import { Text } from '@mantine/core'
import { useState } from 'react'
import { BUNDLE_EXTENSION } from '../../../shared/domain/bundle.ts'
import { useAction } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { PathInput } from '../../ui/path-input.tsx'

/** Takes up a run that another studio has saved as a bundle. */
export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const [file, setFile] = useState('')
  const take = useAction('bundles.import')
  const opened = ({ id }: { readonly id: string }) => goTo({ screen: 'run', runId: id, tab: 'curves' })
  return (
    <FormDialog
      title="Import a run"
      size="lg"
      action="Import"
      usable={file.trim() !== ''}
      saving={take}
      failed="The run was not imported"
      onSave={() => take.mutate({ file: file.trim() }, { onSuccess: opened })}
      onClose={onClose}
    >
      <Text size="sm">
        Settings and curves of a run that was saved as a bundle (.{BUNDLE_EXTENSION}). Its weights are not in it, so it
        can be looked at, compared and made again, but not resumed or exported.
      </Text>
      <PathInput label="Bundle" wants="bundle" value={file} onChange={setFile} aboveButton />
    </FormDialog>
  )
}
