import { Button, NativeSelect, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useCall } from '../../api/studio.tsx'
import { modelName } from '../../format/numbers.ts'
import { Card } from '../../ui/card.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { TASK_CHOICES, type TaskChoice } from './tasks.ts'

/** With whose eyes a data file is seen; as typed. */
export type ViewSettings = {
  readonly model: string
  readonly promptTemplate: string
  readonly maxSeqLength: string
  readonly validationFile: string
  readonly task: TaskChoice
}

type Props = { readonly settings: ViewSettings; readonly onChange: (settings: ViewSettings) => void }

const limitFault = (text: string): string | null => {
  const limit = Number(text)
  return Number.isInteger(limit) && limit >= 8 && limit <= 32_768 ? null : 'A whole number from 8 to 32768.'
}

/** Model, template and limit; applied together, since each look takes a moment. */
export function ViewSettingsCard({ settings, onChange }: Props) {
  const [draft, setDraft] = useState(settings)
  const { data: models } = useCall('models.list', {})
  const set = (change: Partial<ViewSettings>) => setDraft((old) => ({ ...old, ...change }))
  const fault = limitFault(draft.maxSeqLength)
  const changed = JSON.stringify(draft) !== JSON.stringify(settings)
  const options = [
    { value: '', label: 'none: rows only' },
    ...(models ?? []).map(({ path }) => ({ value: path, label: modelName(path) })),
  ]
  return (
    <Card title="Seen with">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (fault === null) onChange(draft)
        }}
      >
        <Stack gap={12}>
          <SimpleGrid cols={2}>
            <NativeSelect
              label="Model"
              data={options}
              value={draft.model}
              onChange={(event) => set({ model: event.currentTarget.value })}
            />
            <TextInput
              label="Longest sample"
              value={draft.maxSeqLength}
              onChange={(event) => set({ maxSeqLength: event.currentTarget.value })}
              error={fault}
              inputMode="numeric"
            />
          </SimpleGrid>
          <NativeSelect
            label="Rows are"
            data={[...TASK_CHOICES]}
            value={draft.task}
            onChange={({ currentTarget: { value } }) =>
              set({ task: TASK_CHOICES.find((choice) => choice.value === value)?.value ?? 'auto' })
            }
          />
          <Textarea
            label="Prompt template"
            description="auto, alpaca, chat, chatml, text, or a text with {instruction}, {input}"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autosize
            minRows={1}
            maxRows={5}
            value={draft.promptTemplate}
            onChange={(event) => set({ promptTemplate: event.currentTarget.value })}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
          <PathInput
            label="Validation file"
            description="Rows that stand in both files are named."
            wants="file"
            value={draft.validationFile}
            onChange={(validationFile) => set({ validationFile })}
            placeholder="none"
            aboveButton
          />
          <Button type="submit" variant="default" w="max-content" disabled={!changed || fault !== null}>
            Look again
          </Button>
        </Stack>
      </form>
    </Card>
  )
}
