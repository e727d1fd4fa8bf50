import { NativeSelect } from '@mantine/core'
import { formatBytes } from '../../shared/domain/amounts.ts'
import { dtypeOfFiles, EXPORT_DTYPES, type ExportDtype, type MergedSize } from '../../shared/domain/export.ts'
import { useCall } from '../api/studio.tsx'

type Props = {
  /** Folder of the base model, whose own dtype is the first choice. */
  readonly base: string
  readonly sizes: readonly MergedSize[]
  /** Null: that of the base. */
  readonly value: ExportDtype | null
  readonly onChange: (dtype: ExportDtype | null) => void
  /** What is written is no merged model. */
  readonly adapter?: boolean
}

/** In which dtype a merged model is written, and what each takes. */
export function DtypeSelect({ base, sizes, value, onChange, adapter = false }: Props) {
  const { data: facts } = useCall('models.inspect', { folder: base })
  const own = facts && facts.dtypes.length > 0 ? dtypeOfFiles(facts.dtypes.map(({ dtype }) => dtype)) : null
  const about = (dtype: ExportDtype | null) => {
    const size = sizes.find((one) => one.dtype === dtype)
    return size ? `, about ${formatBytes(size.bytes)}` : ''
  }
  const choices = [
    { value: '', label: `As the base model${own === null ? '' : ` (${own})`}${about(null)}` },
    ...EXPORT_DTYPES.map((dtype) => ({ value: dtype, label: `${dtype}${about(dtype)}` })),
  ]
  return (
    <NativeSelect
      label="Number format (dtype)"
      description="Merged in float32; shorter formats are rounded once, at the end."
      disabled={adapter}
      value={adapter ? '' : (value ?? '')}
      onChange={(event) => onChange(EXPORT_DTYPES.find((dtype) => dtype === event.currentTarget.value) ?? null)}
      data={adapter ? [{ value: '', label: 'float32, as it was trained' }] : choices}
    />
  )
}
