import { Modal, type ModalProps } from '@mantine/core'
import { useEffect, useState } from 'react'

/** What has the focus now; for an entry of a menu, which is gone with the menu, the button that opened that. */
function focusedNow(): HTMLElement | null {
  const focused = document.activeElement
  const menu = focused?.closest('[role="menu"]')
  const found = menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : focused
  return found instanceof HTMLElement ? found : null
}

/** A dialog that is open as long as it is drawn; afterwards the focus is where it was before, for who works with the keyboard. */
export function Dialog(props: Omit<ModalProps, 'opened'>) {
  const [opener] = useState(focusedNow)
  useEffect(() => () => opener?.focus(), [opener])
  return <Modal opened {...props} />
}
