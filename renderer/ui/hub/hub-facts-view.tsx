import { Alert, Box, Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { type HubFacts, isAtWork } from '../../../shared/domain/hub.ts'
import { isModelType } from '../../../shared/domain/model-type.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { hrefOf } from '../../router/route.ts'
import { ErrorAlert } from '../error-alert.tsx'
import { type FactRow, FactRows } from '../fact-rows.tsx'
import { Icon } from '../icon.tsx'
import { HubPageLink } from './hub-page-link.tsx'

type File = HubFacts['files'][number]

const GATES = {
  no: 'open to everybody',
  auto: 'gated: agree to the terms on its page first',
  manual: 'gated: the owner lets people in one by one',
} as const satisfies Record<HubFacts['gated'], string>

const sizeOf = (files: readonly File[]): number => files.reduce((total, { bytes }) => total + bytes, 0)
const missingOf = (files: readonly File[]): number => sizeOf(files.filter(({ present }) => !present))

function sizeText(files: readonly File[]): string {
  const [all, missing] = [sizeOf(files), missingOf(files)]
  const count = `${files.length} file${files.length === 1 ? '' : 's'}`
  if (files.length === 0) return 'no file chosen'
  if (missing === 0) return `${formatBytes(all)} in ${count}, all on this machine`
  return missing < all
    ? `${formatBytes(all)} in ${count}, ${formatBytes(missing)} to fetch`
    : `${formatBytes(all)} in ${count}`
}

const rowsOf = (facts: HubFacts, files: readonly File[]): readonly FactRow[] => [
  ['Size', sizeText(files)],
  ['Licence', facts.license ?? 'not stated'],
  ['Access', facts.private ? 'private' : GATES[facts.gated]],
  ...(facts.kind === 'model' ? [['Type', facts.modelType ?? 'not known'] as const] : []),
  ['Commit', `${facts.commit.slice(0, 12)} (${facts.revision})`],
]

type FilesProps = {
  readonly facts: HubFacts
  readonly chosen: readonly string[]
  readonly onChange: (paths: string[]) => void
}

/** Which files of a data set are wanted. */
const DataFiles = ({ facts, chosen, onChange }: FilesProps) => (
  <Checkbox.Group label="Files" value={[...chosen]} onChange={onChange}>
    <Stack gap={6} mt={6} className="hub-files" tabIndex={0} role="group" aria-label="Files of the data set">
      {facts.files.map(({ path, bytes, present }) => (
        <Checkbox
          key={path}
          size="xs"
          value={path}
          label={`${path}  ${formatBytes(bytes)}${present ? ', here' : ''}`}
        />
      ))}
    </Stack>
    {facts.cut && (
      <Text size="xs" c="dimmed" mt={6}>
        There are more files than are listed here.
      </Text>
    )}
  </Checkbox.Group>
)

/** What should be known before it is fetched, though it can be. */
function Caution({ facts, short }: { readonly facts: HubFacts; readonly short: boolean }) {
  const type = facts.modelType
  if (short)
    return (
      <Text size="sm" c="var(--studio-danger)">
        {`Its place has ${formatBytes(facts.freeBytes ?? 0)} free. HF_HOME names another place for the hub’s cache.`}
      </Text>
    )
  if (facts.kind !== 'model' || type === null || isModelType(type)) return null
  return (
    <Text size="sm" c="var(--studio-warning)">
      {`Models of the type ${type} cannot be trained here yet.`}
    </Text>
  )
}

/** What the hub has under a name, and the button that fetches it. */
export function HubFactsView({ facts }: { readonly facts: HubFacts }) {
  const only = facts.files.length === 1 ? facts.files.map(({ path }) => path) : []
  const [paths, setPaths] = useState<readonly string[]>(only)
  const start = useAction('downloads.start')
  const { data: downloads } = useCall('downloads.list', {})
  const files = facts.kind === 'model' ? facts.files : facts.files.filter(({ path }) => paths.includes(path))
  const own = downloads?.filter(
    ({ repo, commit, kind }) => kind === facts.kind && repo === facts.repo && commit === facts.commit,
  )
  const folder =
    facts.folder ?? (facts.kind === 'model' ? own?.find(({ status }) => status === 'finished')?.paths[0] : null)
  const short = facts.freeBytes !== null && missingOf(files) > facts.freeBytes
  const busy = facts.kind === 'model' && (own?.some(({ status }) => isAtWork(status)) ?? false)
  return (
    <Box data-hub-facts={facts.repo}>
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Text fw={600} truncate title={facts.repo}>
          {facts.repo}
        </Text>
        <HubPageLink page={facts.page} text="Its page" />
      </Group>
      <FactRows rows={rowsOf(facts, files)} labelWidth={92} />
      {facts.problem ? (
        <Alert mt={10} color="orange" variant="light" icon={<Icon name="alert" />} title="It cannot be used here">
          <Text size="sm">{facts.problem.message}</Text>
          <Text size="sm" mt={6}>
            <b>What to do:</b> {facts.problem.hint}
          </Text>
        </Alert>
      ) : (
        <Stack gap={10} mt={10}>
          {facts.kind === 'dataset' && <DataFiles facts={facts} chosen={paths} onChange={setPaths} />}
          <Caution facts={facts} short={short} />
          {start.error && <ErrorAlert title="The download was not started" error={start.error} />}
          {folder ? (
            <Button component="a" w="max-content" href={hrefOf({ screen: 'new-run', from: null, model: folder })}>
              Train it
            </Button>
          ) : (
            <Button
              w="max-content"
              leftSection={<Icon name="down" size={16} />}
              loading={start.isPending}
              disabled={busy || short || files.length === 0}
              onClick={() =>
                start.mutate({ kind: facts.kind, repo: facts.repo, revision: facts.revision, paths: [...paths] })
              }
            >
              {busy ? 'Downloading' : 'Download'}
            </Button>
          )}
        </Stack>
      )}
    </Box>
  )
}
