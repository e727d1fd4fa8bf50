import { NativeSelect } from '@mantine/core'
import { formatBytes } from '../../shared/domain/amounts.ts'
import { dtypeOfFiles, type GgufDtype, type MergedSize } from '../../shared/domain/export.ts'
import { useCall } from '../api/studio.tsx'

type Props<D extends GgufDtype> = {
  /** Folder of the base model, whose own dtype is the first choice. */
  readonly base: string
  readonly sizes: readonly MergedSize[]
  /** Null: that of the base. */
  readonly value: D | null
  readonly onChange: (dtype: D | null) => void
  /** What can be chosen. */
  readonly dtypes: readonly D[]
  /** What is written is no merged model. */
  readonly adapter?: boolean
}

/** Where the name says too little. */
const LABELS: Readonly<Partial<Record<GgufDtype, string>>> = { q8_0: 'q8_0, 8 bits in blocks of 32' }

/** In which dtype a merged model is written, and what each takes. */
export function DtypeSelect<D extends GgufDtype>({ base, sizes, value, onChange, dtypes, adapter = false }: Props<D>) {
  const { data: facts } = useCall('models.inspect', { folder: base })
  const own = facts && facts.dtypes.length > 0 ? dtypeOfFiles(facts.dtypes.map(({ dtype }) => dtype)) : null
  const about = (dtype: D | null) => {
    const size = sizes.find((one) => one.dtype === dtype)
    return size ? `, about ${formatBytes(size.bytes)}` : ''
  }
  const choices = [
    { value: '', label: `As the base model${own === null ? '' : ` (${own})`}${about(null)}` },
    ...dtypes.map((dtype) => ({ value: dtype as string, label: `${LABELS[dtype] ?? dtype}${about(dtype)}` })),
  ]
  return (
    <NativeSelect
      label="Number format (dtype)"
      description="Merged in float32; shorter formats are rounded once, at the end."
      disabled={adapter}
      value={adapter ? '' : (value ?? '')}
      onChange={(event) => onChange(dtypes.find((dtype) => dtype === event.currentTarget.value) ?? null)}
      data={adapter ? [{ value: '', label: 'float32, as it was trained' }] : choices}
    />
  )
}
