import { Box, Text } from '@mantine/core'
import { useLayoutEffect, useRef } from 'react'
import type { ChatState, ChatTurn } from '../../../shared/domain/chat.ts'
import { AnswerView } from './answer-view.tsx'
import { ModelHead } from './model-head.tsx'
import { chatModelName } from './model-label.ts'

/** Nearer to the end than this, in pixels, one is reading the end. */
const AT_END = 48

/** Follows the end of what is said as long as the reader is there. */
function useFollowEnd(said: unknown) {
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const onScroll = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = box.current ?? {}
    atEnd.current = scrollHeight - scrollTop - clientHeight < AT_END
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever was said may have made it longer
  useLayoutEffect(() => {
    if (atEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [said])
  return { box, onScroll }
}

const Turn = ({ turn, models }: { readonly turn: ChatTurn } & Pick<ChatState, 'models'>) => (
  <Box component="article" className="chat-turn" aria-label={`You said: ${turn.text.slice(0, 80)}`}>
    <Box className="chat-user">
      <Text size="sm" className="chat-text">
        {turn.text}
      </Text>
    </Box>
    <Box className="chat-columns">
      {models.map((model, i) => {
        const answer = turn.answers[i]
        return answer && <AnswerView key={keyOf(model, i)} answer={answer} name={chatModelName(model)} />
      })}
    </Box>
  </Box>
)

const keyOf = ({ model }: ChatState['models'][number], index: number) => `${index} ${JSON.stringify(model)}`

type Props = { readonly state: ChatState; readonly onLoad: () => void; readonly hint: string }

/** What was said, a column for each model; it scrolls by itself, so that the page stands still. */
export function Conversation({ state, onLoad, hint }: Props) {
  const { models, turns } = state
  const { box, onScroll } = useFollowEnd(turns)
  const columns = { '--chat-columns': String(models.length) } as React.CSSProperties
  return (
    <div
      className="chat-scroll"
      ref={box}
      onScroll={onScroll}
      style={columns}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Conversation"
    >
      <Box className="chat-columns chat-heads">
        {models.map((model, i) => (
          <ModelHead key={keyOf(model, i)} state={model} onLoad={onLoad} />
        ))}
      </Box>
      {turns.length === 0 && (
        <Text size="sm" c="dimmed" ta="center" py={56} px={20}>
          {hint}
        </Text>
      )}
      {turns.map((turn) => (
        <Turn key={turn.id} turn={turn} models={models} />
      ))}
    </div>
  )
}
