import { Autocomplete, Button, Group } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { BUNDLE_EXTENSION } from '../../shared/domain/bundle.ts'
import { DATA_EXTENSIONS } from '../../shared/domain/data-files.ts'
import { useAction, useCall } from '../api/studio.tsx'

type Props = {
  readonly label: string
  readonly description?: ReactNode
  readonly value: string
  readonly onChange: (path: string) => void
  readonly onLeave?: () => void
  readonly error?: string | undefined
  /** What is wanted: a folder, a file of the data formats, or a saved run. */
  readonly wants: keyof typeof FILTERS | 'folder'
  /** Offered before anything is typed. */
  readonly known?: readonly string[]
  readonly placeholder?: string
  readonly name?: string
  /** The button of the form stands below the field: what is offered opens above it, or it would lie over the button. */
  readonly aboveButton?: boolean
}

/** Where paths are offered, in pixels: above a field there is less room, in a dialog for one, and its label stays in sight. */
const BELOW = { position: 'bottom', offset: 8, height: 260 } as const
const ABOVE = { position: 'top', offset: 32, height: 180 } as const

const FILTERS = {
  file: [{ name: 'Data files', extensions: [...DATA_EXTENSIONS] }],
  bundle: [{ name: 'Saved runs', extensions: [BUNDLE_EXTENSION] }],
}

/** The system's own dialog: there in the desktop window only. */
function BrowseButton({ wants, value, onChange, label }: Pick<Props, 'wants' | 'value' | 'onChange' | 'label'>) {
  const openFolder = useAction('dialog.openFolder')
  const openFile = useAction('dialog.openFile')
  if (window.studioBridge === undefined) return null
  const startAt = value === '' ? null : value
  const taken = {
    onSuccess: ({ path }: { readonly path: string | null }) => {
      if (path !== null) onChange(path)
    },
  }
  return (
    <Button
      variant="default"
      style={{ flex: 'none', alignSelf: 'flex-start', marginTop: 25 }}
      aria-label={`Browse: ${label}`}
      onClick={() =>
        wants === 'folder'
          ? openFolder.mutate({ title: label, startAt }, taken)
          : openFile.mutate({ title: label, startAt, filters: FILTERS[wants] }, taken)
      }
    >
      Browse…
    </Button>
  )
}

/** A path on the machine that trains: typed with the host's folders offered, or chosen in the system's dialog. */
export function PathInput({
  label,
  wants,
  value,
  onChange,
  onLeave,
  known = [],
  aboveButton = false,
  ...field
}: Props) {
  const [typed] = useDebouncedValue(value, 150)
  const { data } = useCall('paths.suggest', { text: typed, files: wants !== 'folder' }, { enabled: typed !== '' })
  const found = data?.entries.map(({ path }) => path) ?? []
  const place = aboveButton ? ABOVE : BELOW
  const offered = value === '' ? known : [...new Set([...known.filter((path) => path.startsWith(value)), ...found])]
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Autocomplete
        {...field}
        label={label}
        value={value}
        onChange={onChange}
        {...(onLeave ? { onBlur: onLeave } : {})}
        data={[...offered]}
        // The host has filtered them by the whole path already.
        filter={({ options }) => options}
        limit={30}
        // An open list, be it empty, takes the Escape that is meant for a dialog.
        openOnFocus={offered.length > 0}
        maxDropdownHeight={place.height}
        comboboxProps={{ position: place.position, offset: place.offset, shadow: 'md' }}
        spellCheck={false}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        style={{ flex: 1, minWidth: 0 }}
      />
      <BrowseButton wants={wants} value={value} onChange={onChange} label={label} />
    </Group>
  )
}
