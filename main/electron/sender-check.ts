import { PAGE_ORIGIN } from '../../shared/bridge.ts'

/** Who sent a message, as far as any Electron can tell. */
export type Sender = {
  readonly contentsId: number
  /** Routing numbers of the frame; `processId` is unknown in old Electrons. */
  readonly frameId: number
  readonly processId: number | undefined
  readonly url: string
}

/** The one frame that may speak: the top frame of our window as it last navigated. */
export type OwnFrame = { readonly contentsId: number; readonly frameId: number; readonly processId: number }

export const isOwnUrl = (url: string): boolean => url === PAGE_ORIGIN || url.startsWith(`${PAGE_ORIGIN}/`)

/** True for the top frame of our own window while it shows our own page: no other frame, page or window. */
export function isOwnPage(sender: Sender, own: OwnFrame | null): boolean {
  return (
    own !== null &&
    sender.contentsId === own.contentsId &&
    sender.frameId === own.frameId &&
    (sender.processId === undefined || sender.processId === own.processId) &&
    isOwnUrl(sender.url)
  )
}
