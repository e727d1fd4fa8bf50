import { Box, Button, Group, type ModalProps, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from './dialog.tsx'
import { ErrorAlert } from './error-alert.tsx'

type Props = {
  readonly title: string
  readonly size?: ModalProps['size']
  /** On the button that saves. */
  readonly action: string
  /** Whether what stands in the fields can be saved. */
  readonly usable: boolean
  readonly saving: { readonly isPending: boolean; readonly error: Error | null }
  /** Above an error of saving. */
  readonly failed: string
  readonly onSave: () => void
  readonly onClose: () => void
  /** Stands at the other end of the buttons' row. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A dialog with fields, of which one saves and one leaves everything as it was. */
export const FormDialog = ({
  title,
  size,
  action,
  usable,
  saving,
  failed,
  onSave,
  onClose,
  aside,
  children,
}: Props) => (
  <Dialog onClose={onClose} title={title} {...(size === undefined ? {} : { size })}>
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (usable) onSave()
      }}
    >
      <Stack gap="md">
        {children}
        {saving.error && <ErrorAlert title={failed} error={saving.error} />}
        <Group justify="flex-end" gap="xs">
          {aside && <Box mr="auto">{aside}</Box>}
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!usable}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  </Dialog>
)
