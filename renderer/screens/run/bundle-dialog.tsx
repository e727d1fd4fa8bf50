import { Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { BUNDLE_EXTENSION } from '../../../shared/domain/bundle.ts'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { pathIn, slug } from './export-folder.ts'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

/** Saves a run as one file that another studio can take up. */
export function BundleDialog({ run, onClose }: Props) {
  const { data: info } = useCall('app.info', {})
  const [typed, setTyped] = useState<string | null>(null)
  const save = useAction('bundles.save')
  const file = typed ?? (info ? pathIn(info.dataFolder, `${slug(run.name)}.${BUNDLE_EXTENSION}`) : '')
  const done = ({ file: saved, bytes }: { readonly file: string; readonly bytes: number }) => {
    notifications.show({ color: 'teal', title: 'The run is saved', message: `${saved} (${formatBytes(bytes)})` })
    onClose()
  }
  return (
    <FormDialog
      title="Save as a bundle"
      size="lg"
      action="Save"
      usable={file.trim() !== ''}
      saving={save}
      failed="The run was not saved"
      onSave={() => save.mutate({ runId: run.id, file: file.trim() }, { onSuccess: done })}
      onClose={onClose}
    >
      <Text size="sm">
        One file with the settings, the hashes of model and data, versions, seed and curves. Another studio can show the
        run from it and make it again. Weights are not in it; Export writes them.
      </Text>
      <PathInput label="File" wants="bundle" value={file} onChange={setTyped} aboveButton />
    </FormDialog>
  )
}
