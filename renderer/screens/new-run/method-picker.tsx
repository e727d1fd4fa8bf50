import { Radio, SimpleGrid } from '@mantine/core'
import { METHOD_KINDS, METHODS, type MethodKind } from '../../../shared/domain/method.ts'
import { ChoiceCard } from '../../ui/choice-card.tsx'

type Props = { readonly value: MethodKind; readonly onChange: (method: MethodKind) => void }

/** One card a method, with what it does. */
export const MethodPicker = ({ value, onChange }: Props) => (
  <Radio.Group
    aria-label="Method"
    value={value}
    onChange={(next) => onChange(METHOD_KINDS.find((kind) => kind === next) ?? value)}
  >
    <SimpleGrid cols={{ base: 1, md: 3 }} spacing={10}>
      {METHOD_KINDS.map((kind) => (
        <ChoiceCard key={kind} value={kind} label={METHODS[kind].label}>
          {METHODS[kind].summary}
        </ChoiceCard>
      ))}
    </SimpleGrid>
  </Radio.Group>
)
