import { fault } from '../../../shared/domain/error.ts'

/** A host has no window to put a dialog on: the desktop's main process answers these calls before they get here. */
function refuse(): never {
  throw fault('refused', 'Native dialogs are there in the desktop window only.', {
    hint: 'Type the path instead.',
  })
}

export const desktopCallsRefused = {
  'dialog.openFolder': refuse,
  'dialog.openFile': refuse,
  'dialog.saveFile': refuse,
  'shell.showFolder': refuse,
}
