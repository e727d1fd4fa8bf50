import { Box, Button, Group, MultiSelect, Popover, Stack } from '@mantine/core'
import { useState } from 'react'
import { type ChatModel, MAX_CHAT_MODELS } from '../../../shared/domain/chat.ts'
import { useCall } from '../../api/studio.tsx'
import { chatModelText } from '../../router/chat-models.ts'
import { goTo } from '../../router/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { chosenModels, modelOptions } from './model-options.ts'

/** A folder that is in no list yet, such as one that was exported a while ago. */
function OtherFolder({ models }: { readonly models: readonly ChatModel[] }) {
  const [opened, setOpened] = useState(false)
  const [folder, setFolder] = useState('')
  const add = () => {
    setOpened(false)
    goTo({ screen: 'chat', models: [...models, { kind: 'folder', folder: folder.trim() }] })
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
          <PathInput
            label="Model folder"
            description="A merged export, or any folder with config.json, tokenizer.json and safetensors."
            wants="folder"
            value={folder}
            onChange={setFolder}
          />
          <Group justify="flex-end">
            <Button size="xs" onClick={add} disabled={folder.trim() === ''}>
              Talk to it
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

/** Chooses whom one talks to; the choice is the address of the page. */
export function ModelPicker({ models }: { readonly models: readonly ChatModel[] }) {
  const { data: runs = [] } = useCall('runs.list', {})
  const { data: folders = [] } = useCall('models.list', {})
  const { tuned, bases, places, others } = modelOptions(runs, folders, models)
  const data = [
    { group: 'Chosen', items: others },
    { group: 'Base models of the chosen runs', items: bases },
    { group: 'Tuned models', items: tuned },
    { group: 'Model folders', items: places },
  ].filter(({ items }) => items.length > 0)
  return (
    <Box className="studio-card" p={14} mb={14}>
      <Group gap={10} wrap="nowrap" align="flex-start">
        <MultiSelect
          label="Models to talk to"
          placeholder={models.length < MAX_CHAT_MODELS ? 'Add a run or a model' : ''}
          data={data}
          value={models.map(chatModelText)}
          maxValues={MAX_CHAT_MODELS}
          searchable
          hidePickedOptions
          nothingFoundMessage="No such run or model"
          onChange={(texts) => goTo({ screen: 'chat', models: chosenModels(models, texts) })}
          style={{ flex: 1, minWidth: 0 }}
        />
        <OtherFolder models={models} />
      </Group>
    </Box>
  )
}
