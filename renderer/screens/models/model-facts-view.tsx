import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { formatBytes, formatPercent } from '../../../shared/domain/amounts.ts'
import type { ModelFacts } from '../../../shared/domain/model-facts.ts'
import { useCall } from '../../api/studio.tsx'
import { formatCompact, formatCount, modelName } from '../../format/numbers.ts'
import { hrefOf } from '../../router/route.ts'
import { Card } from '../../ui/card.tsx'
import { CopyAction } from '../../ui/copy-action.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { type FactRow, FactRows } from '../../ui/fact-rows.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ProblemList } from '../../ui/problem-list.tsx'

const UNKNOWN = 'not known'
const count = (value: number | null): string => (value === null ? UNKNOWN : formatCount(value))

const dtypeText = ({ dtypes }: ModelFacts): string =>
  dtypes.length === 0
    ? UNKNOWN
    : dtypes.map(({ dtype, share }) => (share > 0.9995 ? dtype : `${dtype} ${formatPercent(share)}`)).join(', ')

function tokenizerText({ tokenizer }: ModelFacts): string {
  if (tokenizer === null) return 'none that can be read'
  const start = tokenizer.addsStart ? ', starts every text with a token of its own' : ''
  return `${tokenizer.kind}, ends answers with ${tokenizer.endToken}${start}`
}

function dropoutText({ dropouts }: ModelFacts): string {
  if (dropouts === null) return UNKNOWN
  const some = Object.entries(dropouts).filter(([, rate]) => rate > 0)
  return some.length === 0 ? 'none' : some.map(([field, rate]) => `${field} ${rate}`).join(', ')
}

const rowsOf = (facts: ModelFacts): readonly FactRow[] => [
  ['Architecture', facts.architecture || UNKNOWN],
  ['Model type', facts.modelType || UNKNOWN],
  [
    'Parameters',
    facts.parameters === null ? UNKNOWN : `${formatCompact(facts.parameters)} (${formatCount(facts.parameters)})`,
  ],
  ['Layers', count(facts.layers)],
  ['Hidden size', count(facts.hiddenSize)],
  ['Vocabulary', count(facts.vocabSize)],
  ['Longest text', facts.maxPositions === null ? UNKNOWN : `${formatCount(facts.maxPositions)} tokens`],
  ['Weights', `${formatBytes(facts.bytes)} in ${facts.files} file${facts.files === 1 ? '' : 's'}, ${dtypeText(facts)}`],
  ['Tokenizer', tokenizerText(facts)],
  ['Chat template', facts.tokenizer?.chatTemplate ? 'yes' : 'no'],
  ['Dropout in training', dropoutText(facts)],
  ['Linear layers', facts.linears.length === 0 ? UNKNOWN : facts.linears.join(', ')],
  ['Embeddings', facts.embeddings.length === 0 ? UNKNOWN : facts.embeddings.join(', ')],
]

const Verdict = ({ facts }: { readonly facts: ModelFacts }) =>
  facts.trainable ? (
    <Alert color="teal" variant="light" icon={<Icon name="check" />} title="It can be trained" data-trainable="yes">
      <Text size="sm">Configuration, weights and tokenizer were read and fit each other.</Text>
    </Alert>
  ) : (
    <Alert color="orange" variant="light" icon={<Icon name="alert" />} title="It cannot be trained" data-trainable="no">
      <ProblemList problems={facts.problems} />
    </Alert>
  )

/** What is inside a model folder, and whether it can be trained. */
export function ModelFactsView({ folder }: { readonly folder: string }) {
  const { data: facts, error, refetch } = useCall('models.inspect', { folder })
  if (error) return <ErrorAlert title="The model could not be looked at" error={error} onRetry={() => void refetch()} />
  return (
    <Card
      title={modelName(folder)}
      action={
        <Group gap={8} wrap="nowrap">
          <CopyAction text={folder} label="Copy path" />
          {facts?.trainable && (
            <>
              <Button
                size="xs"
                variant="default"
                component="a"
                href={hrefOf({ screen: 'chat', models: [{ kind: 'folder', folder }] })}
              >
                Talk to it
              </Button>
              <Button size="xs" component="a" href={hrefOf({ screen: 'new-run', from: null, model: folder })}>
                Train it
              </Button>
            </>
          )}
        </Group>
      }
    >
      {facts === undefined ? (
        <Skeleton h={486} role="status" aria-label="Reading the model" />
      ) : (
        <Stack gap={14}>
          <Verdict facts={facts} />
          <FactRows rows={rowsOf(facts)} labelWidth={150} />
        </Stack>
      )}
    </Card>
  )
}
