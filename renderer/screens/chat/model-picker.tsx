import { Box, Group, MultiSelect } from '@mantine/core'
import { type ChatModel, MAX_CHAT_MODELS } from '../../../shared/domain/chat.ts'
import { useCall } from '../../api/studio.tsx'
import { chatModelText } from '../../router/chat-models.ts'
import { goTo } from '../../router/route.ts'
import { chosenModels, modelOptions } from './model-options.ts'
import { OtherFolder } from './other-folder.tsx'

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
