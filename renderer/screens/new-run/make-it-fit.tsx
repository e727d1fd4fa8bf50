import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import type { FitAnswer, FitChanges, TimedProposal } from '../../../shared/domain/fit.ts'
import { proposalLoss, proposalText } from '../../../shared/domain/fit-text.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { wholeMemory } from '../../../shared/domain/run-preview.ts'
import { formatDuration } from '../../format/numbers.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { type DraftValue, valuesOf } from './draft.ts'
import { FIELDS, type FieldName } from './fields/index.ts'
import type { DraftForm } from './use-draft.ts'
import type { FitState } from './use-fit.ts'

const PROPOSALS_ID = 'make-it-fit'

/** Brings the proposals into sight. */
export const showProposals = (): void => document.getElementById(PROPOSALS_ID)?.scrollIntoView({ block: 'start' })

/** A change that was taken, with what stood in the form before. */
type Taken = { readonly text: string; readonly before: readonly (readonly [FieldName, DraftValue])[] }

const needText = ({ memory, fits, ...proposal }: TimedProposal): string =>
  [
    `${formatBytes(wholeMemory(memory))}, ${fits ? 'fits' : 'still too much'}`,
    ...(proposal.seconds === null ? [] : [`about ${formatDuration(1000 * Math.max(60, proposal.seconds))}`]),
    proposalLoss(proposal),
  ]
    .filter(Boolean)
    // A figure is not parted from its unit at the end of a line.
    .map((part) => part.replaceAll(' ', '\u00a0'))
    .join(' · ')

type OneProps = {
  readonly proposal: TimedProposal
  readonly config: RunConfig
  readonly onTake: (text: string, changes: FitChanges) => void
}

function OneProposal({ proposal, config, onTake }: OneProps) {
  const text = proposalText(proposal, config)
  return (
    <Group component="li" justify="space-between" wrap="nowrap" gap={10} data-proposal={proposal.kinds.join(' ')}>
      <div>
        <Text size="sm">{text}</Text>
        <Text size="xs" className="numbers" c={proposal.fits ? 'var(--studio-good)' : 'dimmed'}>
          {needText(proposal)}
        </Text>
      </div>
      <Button
        size="compact-sm"
        variant={proposal.fits ? 'filled' : 'default'}
        style={{ flex: 'none' }}
        aria-label={`Change to: ${text}`}
        onClick={() => onTake(text, proposal.changes)}
      >
        Change
      </Button>
    </Group>
  )
}

/** What is to be said of the list as a whole. */
function leadText({ alone, together, limit }: FitAnswer): string {
  const room = formatBytes(limit)
  if (alone.some(({ fits }) => fits)) return `The run does not fit into ${room}. One change that fits is enough:`
  if (together?.fits) return `The run does not fit into ${room}. The last of these takes as many changes as are needed:`
  if (together)
    return `Even all changes together do not fit it into ${room}; the last of these is the smallest there is.`
  return `The run does not fit into ${room}, and no setting changes that. Choose a smaller model.`
}

type ListProps = { readonly fit: FitAnswer } & Omit<OneProps, 'proposal'>

const Proposals = ({ fit, config, onTake }: ListProps) => (
  <Stack gap={10}>
    <Text size="sm">{leadText(fit)}</Text>
    <Stack component="ul" gap={10} m={0} p={0} style={{ listStyle: 'none' }}>
      {[...fit.alone, ...(fit.together ? [fit.together] : [])].map((proposal) => (
        <OneProposal key={proposal.kinds.join(' ')} proposal={proposal} config={config} onTake={onTake} />
      ))}
    </Stack>
  </Stack>
)

const Waiting = () => (
  <Stack gap={8}>
    <Text size="sm">Working out what would make the run fit…</Text>
    <Skeleton h={72} />
  </Stack>
)

function UndoLine({ taken, onUndo }: { readonly taken: Taken; readonly onUndo: () => void }) {
  const was = taken.before.map(([name, value]) => `${FIELDS[name].label} ${String(value)}`).join(', ')
  return (
    <Group justify="space-between" wrap="nowrap" gap={10} role="status">
      <Text size="xs" c="dimmed">{`${taken.text}; before: ${was}.`}</Text>
      <Button size="compact-xs" variant="subtle" style={{ flex: 'none' }} onClick={onUndo}>
        Undo
      </Button>
    </Group>
  )
}

/** Proposals that make a run fit into the memory, each a click that changes the form and can be taken back. */
export function MakeItFit({ form, state }: { readonly form: DraftForm; readonly state: FitState }) {
  const [taken, setTaken] = useState<Taken | null>(null)
  const take = (text: string, changes: FitChanges) => {
    const values = valuesOf(changes as Partial<RunConfig>)
    setTaken({ text, before: values.map(([name]) => [name, form.draft[name]] as const) })
    for (const [name, value] of values) form.set(name, value)
  }
  const undo = () => {
    for (const [name, value] of taken?.before ?? []) form.set(name, value)
    setTaken(null)
  }
  const { fit, error, wanted } = state
  return (
    <>
      {taken && <UndoLine taken={taken} onUndo={undo} />}
      {error && <ErrorAlert title="What would make it fit could not be worked out" error={error} />}
      {wanted && form.check.ok && error === null && (
        <Alert variant="light" title="Make it fit" id={PROPOSALS_ID}>
          {fit ? <Proposals fit={fit} config={form.check.config} onTake={take} /> : <Waiting />}
        </Alert>
      )}
    </>
  )
}
