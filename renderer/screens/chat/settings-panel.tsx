import { Stack, Switch, TagsInput, Text, Textarea, type TextareaProps, TextInput } from '@mantine/core'
import type { ChatState } from '../../../shared/domain/chat.ts'
import { Card } from '../../ui/card.tsx'
import { SAMPLING_FIELDS, SAMPLING_NAMES } from './sampling-draft.ts'
import type { ChatSettings } from './use-chat.ts'

const ORDER = ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[]

const Name = ({ label, name }: { readonly label: string; readonly name: string }) => (
  <>
    {label}
    <Text span size="xs" c="dimmed" ff="monospace" ml={6} fw={400}>
      {name}
    </Text>
  </>
)

const Sampling = ({ settings }: { readonly settings: ChatSettings }) => (
  <Stack gap={12}>
    {SAMPLING_NAMES.map((name) => (
      <TextInput
        key={name}
        size="xs"
        name={name}
        label={<Name label={SAMPLING_FIELDS[name].label} name={name} />}
        description={SAMPLING_FIELDS[name].hint}
        inputWrapperOrder={ORDER}
        inputMode="decimal"
        autoComplete="off"
        value={settings.sampling[name]}
        error={settings.checked.errors[name]}
        onChange={(event) => settings.setSampling({ [name]: event.currentTarget.value })}
      />
    ))}
    <TagsInput
      size="xs"
      name="stop_strings"
      label={<Name label="Stop texts" name="stop_strings" />}
      description="An answer ends before one of them."
      inputWrapperOrder={ORDER}
      value={[...settings.sampling.stop_strings]}
      error={settings.checked.errors.stop_strings}
      onChange={(stop_strings) => settings.setSampling({ stop_strings })}
    />
  </Stack>
)

type FrameTextProps = Pick<TextareaProps, 'label' | 'description' | 'value'> & {
  readonly onText: (text: string) => void
}

const FrameText = ({ onText, ...field }: FrameTextProps) => (
  <Textarea
    {...field}
    size="xs"
    inputWrapperOrder={ORDER}
    autosize
    minRows={1}
    maxRows={5}
    onChange={(event) => onText(event.currentTarget.value)}
  />
)

const Frame = ({ settings, chat }: { readonly settings: ChatSettings; readonly chat: boolean }) => (
  <Stack gap={12} mb={16}>
    {chat && (
      <FrameText
        label="System message"
        description="First in the conversation; empty: none."
        value={settings.frame.system}
        onText={(system) => settings.setFrame({ system })}
      />
    )}
    <FrameText
      label="Instruction"
      description="Goes with each text, as in the training data; empty: none."
      value={settings.frame.instruction}
      onText={(instruction) => settings.setFrame({ instruction })}
    />
    <Switch
      size="xs"
      label="Earlier turns are remembered"
      checked={settings.frame.memory}
      onChange={(event) => settings.setFrame({ memory: event.currentTarget.checked })}
    />
  </Stack>
)

/** How the models are asked, and how their answers are generated. */
export function SettingsPanel({ state, settings }: { readonly state: ChatState; readonly settings: ChatSettings }) {
  const facts = state.models.flatMap((model) => model.facts ?? [])
  const judges = facts.length > 0 && facts.every(({ task }) => task === 'SEQ_CLS')
  return (
    <Card title="Settings">
      {judges ? (
        <Text size="sm" c="dimmed">
          Each text is judged by itself: the models answer with the probability of each label, or with their number.
          There is nothing to set.
        </Text>
      ) : (
        <>
          <Frame settings={settings} chat={facts.some(({ template }) => template === 'chat')} />
          <Sampling settings={settings} />
        </>
      )}
    </Card>
  )
}
