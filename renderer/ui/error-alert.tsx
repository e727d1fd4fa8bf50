import { Alert, Button, List, Text } from '@mantine/core'
import { StudioError, type StudioErrorData, toErrorData } from '../../shared/domain/error.ts'
import { Icon } from './icon.tsx'

type Props = {
  readonly title: string
  /** Whatever was thrown, or the error data of a run. */
  readonly error: unknown
  readonly onRetry?: () => void
}

const SHOWN_DETAILS = 12

const isErrorData = (error: unknown): error is StudioErrorData =>
  typeof error === 'object' && error !== null && 'code' in error && 'message' in error && 'hint' in error

const dataOf = (error: unknown): StudioErrorData =>
  !(error instanceof StudioError) && isErrorData(error) ? error : toErrorData(error)

/** What failed, every single fault, and the cure. */
export function ErrorAlert({ title, error, onRetry }: Props) {
  const { message, hint, details } = dataOf(error)
  return (
    <Alert color="red" variant="light" title={title} icon={<Icon name="alert" />} role="alert">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {message}
      </Text>
      {details.length > 0 && (
        <List size="sm" mt={6} style={{ overflowWrap: 'anywhere' }}>
          {details.slice(0, SHOWN_DETAILS).map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
          {details.length > SHOWN_DETAILS && <List.Item>and {details.length - SHOWN_DETAILS} more</List.Item>}
        </List>
      )}
      {hint !== '' && (
        <Text size="sm" mt={6}>
          <b>What to do:</b> {hint}
        </Text>
      )}
      {onRetry && (
        <Button size="xs" variant="default" mt="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  )
}
