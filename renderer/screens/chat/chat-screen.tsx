import { Box, Button, Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import type { ChatModel, ChatState } from '../../../shared/domain/chat.ts'
import { useCall } from '../../api/studio.tsx'
import { baseAndTuned } from '../../router/chat-models.ts'
import { hrefOf } from '../../router/route.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Page } from '../../ui/page.tsx'
import { Composer } from './composer.tsx'
import { Conversation } from './conversation.tsx'
import { EarlierChats } from './earlier-chats.tsx'
import { ModelPicker } from './model-picker.tsx'
import { SettingsPanel } from './settings-panel.tsx'
import { useChat } from './use-chat.ts'

function Nobody() {
  const { data: runs } = useCall('runs.list', {})
  const newest = runs?.filter(({ status }) => status === 'finished').sort((a, b) => b.createdAt - a.createdAt)[0]
  return (
    <Box className="studio-card">
      <EmptyState
        icon="chat"
        title="Choose whom to talk to"
        text="A run answers beside its base model, so that what was learnt can be seen; up to six models answer the same text."
      >
        {newest ? (
          <Button component="a" href={hrefOf({ screen: 'chat', models: baseAndTuned(newest.id) })}>
            {`Try ${newest.name}`}
          </Button>
        ) : (
          <Button component="a" href={hrefOf({ screen: 'new-run', from: null })} variant="default">
            Train a model first
          </Button>
        )}
      </EmptyState>
    </Box>
  )
}

/** Escape stops the answer wherever the focus is, but in something that closes by it. */
function useEscape(active: boolean, stop: () => void) {
  useEffect(() => {
    if (!active) return
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) stop()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [active, stop])
}

/** What to write, by what the models do with it. */
function hintsOf({ models }: ChatState): { readonly asks: string; readonly hint: string } {
  const facts = models.flatMap((model) => model.facts ?? [])
  const judge = facts.some(({ task, memory }) => task === 'SEQ_CLS' || !memory)
  return judge
    ? {
        asks: 'A text to be judged',
        hint: 'Write a text as in the training data: each model says what it takes it for.',
      }
    : { asks: 'Say something', hint: 'Nothing said yet. Each model gets the same text and remembers its own answers.' }
}

/** Above so many models their columns leave the settings no room in a window of usual width. */
const BESIDE_SETTINGS = 3

/** Whether the settings are shown: as the user has chosen, else where there is room for them. */
function useSettingsShown(models: number): readonly [boolean, () => void] {
  const narrow = useMediaQuery('(max-width: 1499px)', undefined, { getInitialValueInEffect: false })
  const [picked, setPicked] = useState<boolean | null>(null)
  const shown = picked ?? !(narrow && models > BESIDE_SETTINGS)
  return [shown, () => setPicked(!shown)]
}

function Talk({ models }: { readonly models: readonly ChatModel[] }) {
  const talk = useChat(models)
  const { state, error } = talk
  const [shown, toggle] = useSettingsShown(models.length)
  useEscape(talk.answering, talk.stop)
  if (state === undefined && error !== null) {
    return <ErrorAlert title="The conversation could not be opened" error={error} onRetry={talk.retry} />
  }
  if (state === undefined) return <Skeleton h={420} radius="lg" role="status" aria-label="Opening the conversation" />
  const { asks, hint } = hintsOf(state)
  return (
    <Box className="chat-layout" data-settings={shown}>
      <Box className="studio-card chat-main">
        <Conversation state={state} onLoad={talk.load} hint={hint} />
        <Composer talk={talk} asks={asks} settingsShown={shown} onSettings={toggle} />
      </Box>
      {shown && (
        <Box className="chat-settings" id="chat-settings">
          <SettingsPanel state={state} settings={talk.settings} />
        </Box>
      )}
    </Box>
  )
}

/** Base and tuned models answer the same text beside each other. */
export const ChatScreen = ({ models }: { readonly models: readonly ChatModel[] }) => (
  <Page title="Chat" subtitle="The same text to several models: what the training changed, in their own words.">
    <Box className="chat-screen" data-talk={models.length > 0}>
      <ModelPicker models={models} />
      {models.length === 0 ? (
        <>
          <Nobody />
          <EarlierChats />
        </>
      ) : (
        <Talk models={models} />
      )}
    </Box>
  </Page>
)
