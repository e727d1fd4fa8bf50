import { Box, Radio, SimpleGrid, Text } from '@mantine/core'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { isHubName } from '../../../shared/domain/hub.ts'
import { useCall } from '../../api/studio.tsx'
import { formatCompact, modelName } from '../../format/numbers.ts'
import { ChoiceCard } from '../../ui/choice-card.tsx'
import { PathInput } from '../../ui/path-input.tsx'
import { ProblemList } from '../../ui/problem-list.tsx'
import type { Draft } from './draft.ts'
import { FIELDS } from './fields/index.ts'
import { FormFields } from './form-fields.tsx'
import { HubOffer } from './hub-offer.tsx'
import { StepCard } from './step-card.tsx'
import type { DraftForm } from './use-draft.ts'
import { useModelFacts } from './use-model-facts.ts'

const SHOWN_CARDS = 6

function KnownModels({ form }: { readonly form: DraftForm }) {
  const { data: models } = useCall('models.list', {})
  const there = models?.filter(({ exists }) => exists).slice(0, SHOWN_CARDS) ?? []
  if (there.length === 0) return null
  return (
    <Radio.Group
      aria-label="Known models"
      value={String(form.draft.model_name_or_path)}
      onChange={(path) => form.set('model_name_or_path', path)}
      mb={14}
    >
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing={10}>
        {there.map(({ path, shipped }) => (
          <ChoiceCard key={path} value={path} label={modelName(path)} title={shipped ? 'Demo model' : modelName(path)}>
            {shipped ? '6 million parameters, comes with the studio' : path}
          </ChoiceCard>
        ))}
      </SimpleGrid>
    </Radio.Group>
  )
}

type FoundProps = {
  readonly draft: Draft
  /** A fault is told beside the field already. */
  readonly told: boolean
}

/** What the chosen folder holds, in one line that keeps its height; or what the hub has under its name. */
function Found({ draft, told }: FoundProps) {
  const { facts, error, waiting } = useModelFacts(draft)
  const folder = String(draft.model_name_or_path).trim()
  const revision = String(draft.model_revision).trim() || null
  if (folder === '')
    return (
      <Text size="sm" c="dimmed">
        {'\u00a0'}
      </Text>
    )
  if (error && !waiting && isHubName(folder))
    return <HubOffer key={`${folder} ${revision}`} repo={folder} revision={revision} />
  if (error)
    return (
      <Text size="sm" c="var(--studio-danger)">
        {error.message}
      </Text>
    )
  if (facts === undefined || waiting)
    return (
      <Text size="sm" c="dimmed">
        Looking into it…
      </Text>
    )
  if (!facts.trainable && told) return null
  if (!facts.trainable)
    return (
      <Box c="var(--studio-danger)">
        <ProblemList problems={facts.problems} />
      </Box>
    )
  const parts = [
    facts.architecture,
    facts.parameters === null ? '' : `${formatCompact(facts.parameters)} parameters`,
    `${facts.layers} layers`,
    `${formatBytes(facts.bytes)} on disk`,
    facts.tokenizer?.chatTemplate ? 'chat template' : 'no chat template',
  ]
  return <Text size="sm" c="var(--studio-good)">{`Can be trained: ${parts.filter(Boolean).join(' · ')}`}</Text>
}

/** Which model is trained. */
export const ModelStep = ({ form }: { readonly form: DraftForm }) => (
  <StepCard step={1} title="Model" hint="the base that is fine-tuned">
    <KnownModels form={form} />
    <PathInput
      name="model_name_or_path"
      label="Base model"
      description={FIELDS.model_name_or_path.hint}
      wants="folder"
      value={String(form.draft.model_name_or_path)}
      onChange={(path) => form.set('model_name_or_path', path)}
      onLeave={() => form.touch('model_name_or_path')}
      error={form.shownErrors.model_name_or_path}
    />
    {(isHubName(String(form.draft.model_name_or_path).trim()) || form.draft.model_revision !== '') && (
      <Box mt={14}>
        <FormFields names={['model_revision']} form={form} />
      </Box>
    )}
    <Box mt={12} role="status">
      <Found draft={form.draft} told={form.shownErrors.model_name_or_path !== undefined} />
    </Box>
  </StepCard>
)
