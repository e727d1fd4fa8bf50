import { Anchor } from '@mantine/core'
import { CopyAction } from '../copy-action.tsx'

/** The page of a repository: a link in a browser; the desktop window opens no strange pages, so its address is copied there. */
export const HubPageLink = ({ page, text }: { readonly page: string; readonly text: string }) =>
  window.studioBridge === undefined ? (
    <Anchor href={page} target="_blank" rel="noreferrer" size="sm">
      {text}
    </Anchor>
  ) : (
    <CopyAction text={page} label="Copy the address of its page" />
  )
