import { Box, Button, Collapse, Group, Skeleton, Stack, TextInput, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import type { HubKind } from '../../../shared/domain/hub.ts'
import { useAction } from '../../api/studio.tsx'
import { Card } from '../card.tsx'
import { ErrorAlert } from '../error-alert.tsx'
import { Icon } from '../icon.tsx'
import { DownloadList } from './download-list.tsx'
import { HubFactsView } from './hub-facts-view.tsx'

type Screen = 'models' | 'data'

const KINDS = { models: 'model', data: 'dataset' } as const satisfies Record<Screen, HubKind>
const TEXTS = {
  models: { label: 'Model on the Hub', placeholder: 'org/name, or its address' },
  data: { label: 'Data set on the Hub', placeholder: 'org/name, or its address' },
} as const satisfies Record<Screen, { label: string; placeholder: string }>
/** As high as what the hub answers with, so that nothing moves when it comes. */
const FACTS_HEIGHT = 254

type RevisionProps = { readonly value: string; readonly onChange: (text: string) => void }

/** A branch other than main is for the few. */
function Revision({ value, onChange }: RevisionProps) {
  const [open, setOpen] = useState(false)
  return (
    <Box>
      <UnstyledButton className="hub-more" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide the revision' : 'Another revision'}
      </UnstyledButton>
      <Collapse expanded={open}>
        <TextInput
          mt={6}
          label="Revision"
          description="Branch, tag or commit; main where it is left empty."
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          placeholder="main"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          spellCheck={false}
        />
      </Collapse>
    </Box>
  )
}

/** What can be had from the hub: looked up first, then downloaded by the host. */
export function HubCard({ screen }: { readonly screen: Screen }) {
  const [repo, setRepo] = useState('')
  const [revision, setRevision] = useState('')
  const look = useAction('hub.look')
  const { label, placeholder } = TEXTS[screen]
  return (
    <Card title="From the Hub">
      <Stack gap={12}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (repo.trim() !== '') look.mutate({ kind: KINDS[screen], repo, revision: revision.trim() || null })
          }}
        >
          <Stack gap={8}>
            <Group gap={8} wrap="nowrap" align="flex-end">
              <TextInput
                flex={1}
                miw={0}
                label={label}
                placeholder={placeholder}
                value={repo}
                onChange={(event) => setRepo(event.currentTarget.value)}
                spellCheck={false}
                autoCapitalize="off"
              />
              <Button
                type="submit"
                variant="default"
                loading={look.isPending}
                disabled={repo.trim() === ''}
                leftSection={<Icon name="search" size={15} />}
              >
                Look up
              </Button>
            </Group>
            <Revision value={revision} onChange={setRevision} />
          </Stack>
        </form>
        {look.isPending && <Skeleton h={FACTS_HEIGHT} role="status" aria-label="Asking the hub" />}
        {look.error && !look.isPending && <ErrorAlert title="It cannot be had from the hub" error={look.error} />}
        {look.data && !look.isPending && <HubFactsView key={look.data.commit + look.data.repo} facts={look.data} />}
        <DownloadList kind={KINDS[screen]} />
      </Stack>
    </Card>
  )
}
