import { Button, FileButton, Group, Stack, Text, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useCall, useStudio } from '../../api/studio.tsx'
import { CopyAction } from '../../ui/copy-action.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { draftOf } from './draft.ts'
import { hasRelativePath } from './relative-paths.ts'
import type { DraftForm } from './use-draft.ts'

type DialogProps = { readonly form: DraftForm; readonly onClose: () => void }

const MONOSPACE = { input: { fontFamily: 'var(--mantine-font-family-monospace)' } }

/** Settings pasted, or read from a file of this computer. */
function ImportDialog({ form, onClose }: DialogProps) {
  const studio = useStudio()
  const [yaml, setYaml] = useState('')
  const [folder, setFolder] = useState('')
  const take = useMutation({
    mutationFn: () => studio.call('config.parse', { yaml, folder: folder.trim() || '/' }),
    onSuccess: (config) => {
      form.replace(draftOf(config))
      onClose()
    },
  })
  const fileButton = (
    <FileButton accept=".yaml,.yml,.json" onChange={(file) => void file?.text().then(setYaml)}>
      {(props) => (
        <Button variant="default" leftSection={<Icon name="folder" size={16} />} {...props}>
          Choose a file…
        </Button>
      )}
    </FileButton>
  )
  return (
    <FormDialog
      title="Import settings"
      size="xl"
      action="Fill the form"
      usable={yaml.trim() !== ''}
      saving={take}
      failed="The settings cannot be used"
      onSave={() => take.mutate()}
      onClose={onClose}
      aside={fileButton}
    >
      <Textarea
        label="Settings as YAML"
        description="Names of PEFT, Hugging Face’s Trainer and common aliases are understood."
        autosize
        minRows={10}
        maxRows={20}
        value={yaml}
        onChange={(event) => setYaml(event.currentTarget.value)}
        spellCheck={false}
        data-autofocus
        styles={MONOSPACE}
      />
      {hasRelativePath(yaml) && (
        <PathInput
          label="Folder of the file"
          description="Relative paths in it are taken from here."
          wants="folder"
          value={folder}
          onChange={setFolder}
          aboveButton
        />
      )}
    </FormDialog>
  )
}

/** Hands a text to the browser as a file. */
function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const fileNameOf = (config: RunConfig): string => `${config.run_name.replace(/[^A-Za-z0-9._-]+/g, '-') || 'run'}.yaml`

function ExportDialog({ config, onClose }: { readonly config: RunConfig; readonly onClose: () => void }) {
  const { data, error } = useCall('config.format', config)
  return (
    <Dialog onClose={onClose} title="Settings as YAML" size="xl">
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          The command line runs this file unchanged.
        </Text>
        {error && <ErrorAlert title="The settings could not be written" error={error} />}
        <Textarea
          aria-label="Settings as YAML"
          readOnly
          autosize
          minRows={10}
          maxRows={22}
          value={data?.yaml ?? ''}
          styles={MONOSPACE}
        />
        <Group justify="flex-end" gap="xs">
          {data && <CopyAction text={data.yaml} label="Copy" />}
          <Button
            size="xs"
            disabled={data === undefined}
            onClick={() => data && download(data.yaml, fileNameOf(config))}
          >
            Save as a file
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

/** The form as a file and back. */
export function YamlActions({ form }: { readonly form: DraftForm }) {
  const [importing, importDialog] = useDisclosure(false)
  const [exporting, exportDialog] = useDisclosure(false)
  const { check } = form
  return (
    <>
      <Button variant="default" onClick={importDialog.open}>
        Import YAML
      </Button>
      <Button variant="default" onClick={() => (check.ok ? exportDialog.open() : form.touchAll())}>
        Export YAML
      </Button>
      {importing && <ImportDialog form={form} onClose={importDialog.close} />}
      {exporting && check.ok && <ExportDialog config={check.config} onClose={exportDialog.close} />}
    </>
  )
}
