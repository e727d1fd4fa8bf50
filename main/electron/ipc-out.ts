import type { WebContents } from 'electron'
import { PAGE_CHANNEL, type PageMessage } from '../../shared/bridge.ts'
import { isOwnUrl } from './sender-check.ts'

/** The only file with `webContents.send`: nothing is said to any page but ours. */
export function sendToPage(contents: WebContents, message: PageMessage): void {
  if (!contents.isDestroyed() && isOwnUrl(contents.getURL())) contents.send(PAGE_CHANNEL, message)
}
