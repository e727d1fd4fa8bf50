import { NativeSelect, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { PathInput } from '../../ui/path-input.tsx'
import type { Draft, DraftValue } from './draft.ts'
import { FIELDS, type FieldName, type FieldSpec } from './fields/index.ts'
import { NO_TARGETS, type TargetNames, targetGroups, withTarget } from './target-names.ts'

type Props = {
  readonly name: FieldName
  readonly draft: Draft
  readonly error: string | undefined
  readonly targets?: TargetNames
  readonly onChange: (name: FieldName, value: DraftValue) => void
  /** Called when the user leaves the field: its error may be shown from now on. */
  readonly onTouch: (name: FieldName) => void
}

const text = (value: DraftValue): string => (typeof value === 'string' ? value : '')
const list = (value: DraftValue): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'boolean' ? [] : [...value]

/** The input of a setting, with its PEFT or Hugging Face name in the tooltip. */
export function FieldInput({ name, draft, error, targets = NO_TARGETS, onChange, onTouch }: Props) {
  const spec: FieldSpec = FIELDS[name]
  const value = draft[name]
  const common = {
    name,
    label: spec.label,
    description: spec.hint,
    error,
    onBlur: () => onTouch(name),
    title: name,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
  }
  switch (spec.kind) {
    case 'switch':
      return (
        <Switch
          name={name}
          label={spec.label}
          description={spec.hint}
          checked={value === true}
          onChange={(event) => onChange(name, event.currentTarget.checked)}
          error={error}
        />
      )
    case 'choice':
      return (
        <NativeSelect
          {...common}
          data={[...spec.choices]}
          value={text(value)}
          onChange={(event) => onChange(name, event.currentTarget.value)}
        />
      )
    case 'modules':
    case 'names':
    case 'optional-names':
    case 'optional-numbers':
      return (
        <TagsInput
          {...common}
          data={targetGroups(spec.kind, targets)}
          value={list(value)}
          onChange={(now) => onChange(name, spec.kind === 'modules' ? withTarget(list(value), now, targets) : now)}
          splitChars={[',', ' ']}
          maxDropdownHeight={380}
          clearable
        />
      )
    case 'template':
      return (
        <Textarea
          {...common}
          autosize
          minRows={1}
          maxRows={8}
          value={text(value)}
          onChange={(event) => onChange(name, event.currentTarget.value)}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        />
      )
    case 'path':
    case 'optional-path':
      return (
        <PathInput
          name={name}
          label={spec.label}
          description={spec.hint}
          error={error}
          wants={name.endsWith('_file') ? 'file' : 'folder'}
          value={text(value)}
          onChange={(path) => onChange(name, path)}
          onLeave={() => onTouch(name)}
          placeholder={spec.kind === 'optional-path' ? 'none' : ''}
        />
      )
    default:
      return (
        <TextInput
          {...common}
          value={text(value)}
          onChange={(event) => onChange(name, event.currentTarget.value)}
          inputMode={spec.kind === 'number' || spec.kind === 'optional-number' ? 'decimal' : 'text'}
          spellCheck={false}
          autoComplete="off"
          {...(spec.kind === 'pairs' ? { placeholder: 'none' } : {})}
          {...(name === 'model_revision' ? { placeholder: 'main' } : {})}
        />
      )
  }
}
