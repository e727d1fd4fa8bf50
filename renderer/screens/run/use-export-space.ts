import { useDebouncedValue } from '@mantine/hooks'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { useCall } from '../../api/studio.tsx'

const TYPING_PAUSE_MS = 300
const AGAIN_MS = 5_000

export type ExportSpace = {
  /** Under the field: what is free there. */
  readonly note: string
  /** Beside the field: it would not fit. */
  readonly fault: string | null
}

const RULE = 'On the machine that trains. It must be new or empty.'

/** Whether `bytes` fit on the disk of a folder, asked of the host while the folder is typed and again every few seconds. */
export function useExportSpace(folder: string, bytes: number | null): ExportSpace {
  const [path] = useDebouncedValue(folder.trim(), TYPING_PAUSE_MS)
  const { data } = useCall('paths.freeSpace', { path }, { enabled: path !== '', keep: true, everyMs: AGAIN_MS })
  const free = data?.freeBytes ?? null
  if (data === undefined || free === null) return { note: RULE, fault: null }
  const full = bytes !== null && bytes > free
  return {
    note: `${RULE} ${formatBytes(free)} are free there.`,
    fault: full
      ? `While it is written, this export takes about ${formatBytes(bytes)}, but ${data.folder} has ${formatBytes(free)} free. Free some space, or choose a folder on another disk.`
      : null,
  }
}
