import { Button, Group, Popover, SegmentedControl, Stack } from '@mantine/core'
import { useState } from 'react'
import { type ChatModel, MAX_CHAT_MODELS } from '../../../shared/domain/chat.ts'
import { goTo } from '../../router/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { PathInput } from '../../ui/path-input.tsx'

const KINDS = [
  { value: 'folder', label: 'Model folder' },
  { value: 'adapter', label: 'Adapter folder' },
]

/** A folder that is in no list yet: a model, such as one that was exported a while ago, or an adapter on its base. */
export function OtherFolder({ models }: { readonly models: readonly ChatModel[] }) {
  const [opened, setOpened] = useState(false)
  const [kind, setKind] = useState('folder')
  const [folder, setFolder] = useState('')
  const [base, setBase] = useState('')
  const onBase = kind === 'adapter'
  const add = () => {
    setOpened(false)
    const path = folder.trim()
    const model: ChatModel = onBase
      ? { kind: 'adapter', base: base.trim(), adapter: path }
      : { kind: 'folder', folder: path }
    goTo({ screen: 'chat', models: [...models, model] })
  }
  return (
    <Popover opened={opened} onChange={setOpened} width={440} position="bottom-end" trapFocus withArrow>
      <Popover.Target>
        <Button
          variant="default"
          onClick={() => setOpened((old) => !old)}
          disabled={models.length >= MAX_CHAT_MODELS}
          leftSection={<Icon name="folder" size={16} />}
          style={{ flex: 'none', alignSelf: 'flex-start', marginTop: 25 }}
        >
          Other folder
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={10}>
          <SegmentedControl data={KINDS} value={kind} onChange={setKind} fullWidth aria-label="What the folder holds" />
          <PathInput
            label={onBase ? 'Adapter folder' : 'Model folder'}
            description={
              onBase
                ? 'With adapter_config.json and adapter_model.safetensors, as PEFT writes them.'
                : 'A merged export, or any folder with config.json, tokenizer.json and safetensors.'
            }
            wants="folder"
            value={folder}
            onChange={setFolder}
            aboveButton
          />
          {onBase && (
            <PathInput
              label="Base model"
              description="Folder of the model that the adapter was trained on."
              wants="folder"
              value={base}
              onChange={setBase}
              aboveButton
            />
          )}
          <Group justify="flex-end">
            <Button size="xs" onClick={add} disabled={folder.trim() === '' || (onBase && base.trim() === '')}>
              Talk to it
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
