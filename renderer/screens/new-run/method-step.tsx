import { Accordion, Box, Button, Group, Text } from '@mantine/core'
import { METHOD_KINDS, METHODS, type MethodPreset } from '../../../shared/domain/method.ts'
import { valuesOf } from './draft.ts'
import { type FieldName, methodFields } from './fields/index.ts'
import { FormFields } from './form-fields.tsx'
import { MethodPicker } from './method-picker.tsx'
import { StepCard } from './step-card.tsx'
import type { DraftForm } from './use-draft.ts'
import { useModelFacts } from './use-model-facts.ts'

function Presets({ presets, form }: { readonly presets: readonly MethodPreset[]; readonly form: DraftForm }) {
  if (presets.length === 0) return null
  return (
    <Group gap={8} mt={14}>
      <Text size="sm" c="dimmed">
        Presets:
      </Text>
      {presets.map(({ label, values }) => (
        <Button
          key={label}
          size="compact-sm"
          variant="default"
          onClick={() => {
            for (const [name, value] of valuesOf(values)) form.set(name, value)
          }}
        >
          {label}
        </Button>
      ))}
    </Group>
  )
}

const hasError = (names: readonly FieldName[], { shownErrors }: DraftForm) =>
  names.some((name) => shownErrors[name] !== undefined)

/** How it is trained. */
export function MethodStep({ form }: { readonly form: DraftForm }) {
  const method = METHOD_KINDS.find((kind) => kind === form.draft.method) ?? 'dora'
  const { basic, more } = methodFields(method)
  const { facts } = useModelFacts(form.draft)
  const { linears = [], embeddings = [] } = facts ?? {}
  const fields = { form, targets: { linears, embeddings: METHODS[method].embeddings ? embeddings : [] } }
  return (
    <StepCard step={3} title="Method" hint="what is trained, and what stays as it is">
      <MethodPicker value={method} onChange={(next) => form.set('method', next)} />
      <Presets presets={METHODS[method].presets} form={form} />
      {basic.length > 0 && (
        <Box mt={16}>
          <FormFields names={basic} {...fields} />
        </Box>
      )}
      {more.length > 0 && (
        <Accordion
          mt={16}
          variant="contained"
          className="advanced"
          order={3}
          keepMounted={false}
          {...(hasError(more, form) ? { value: 'more' } : {})}
        >
          <Accordion.Item value="more">
            <Accordion.Control>{`More about ${METHODS[method].label}`}</Accordion.Control>
            <Accordion.Panel>
              <FormFields names={more} {...fields} />
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
    </StepCard>
  )
}
