import { Checkbox, Group } from '@mantine/core'
import { METHOD_KINDS, METHODS, type MethodKind } from '../../../shared/domain/method.ts'
import { MOST_TWINS } from '../../../shared/domain/twins.ts'

/** The methods of the runs that will start, in the order they are queued. */
export const chosenMethods = (method: MethodKind, also: readonly MethodKind[]): MethodKind[] =>
  METHOD_KINDS.filter((kind) => kind === method || also.includes(kind))

const HINT =
  'One run for each, on the same seed and order of data, one after another; Compare opens with all of them. What a method ' +
  'has no use for is left out. Learning rate and the rest stay as they are: a fair comparison may want a learning rate for ' +
  'each method.'

const previewText = (method: MethodKind): string =>
  ` Beside stand memory and time of each, and the rest of ${METHODS[method].label}.`

type Props = {
  readonly method: MethodKind
  readonly also: readonly MethodKind[]
  readonly onChange: (also: readonly MethodKind[]) => void
}

/** Which other methods train with the same settings. */
export function TwinMethods({ method, also, onChange }: Props) {
  const full = chosenMethods(method, also).length >= MOST_TWINS
  return (
    <Checkbox.Group
      label="Also train with"
      description={also.length > 0 ? HINT + previewText(method) : HINT}
      inputWrapperOrder={['label', 'input', 'description']}
      value={chosenMethods(method, also)}
      onChange={(kinds) => onChange(METHOD_KINDS.filter((kind) => kind !== method && kinds.includes(kind)))}
    >
      <Group gap={18} my={8}>
        {METHOD_KINDS.map((kind) => (
          <Checkbox
            key={kind}
            value={kind}
            label={METHODS[kind].label}
            disabled={kind === method || (full && !also.includes(kind))}
          />
        ))}
      </Group>
    </Checkbox.Group>
  )
}
