import { Button, CopyButton } from '@mantine/core'
import { Icon } from './icon.tsx'

type Props = { readonly text: string; readonly label: string }

/** Copies a text and says so. */
export const CopyAction = ({ text, label }: Props) => (
  <CopyButton value={text}>
    {({ copied, copy }) => (
      <Button
        size="xs"
        style={{ flex: 'none' }}
        variant="default"
        onClick={copy}
        leftSection={<Icon name={copied ? 'check' : 'copy'} size={15} />}
        aria-live="polite"
      >
        {copied ? 'Copied' : label}
      </Button>
    )}
  </CopyButton>
)
