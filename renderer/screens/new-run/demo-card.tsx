import { Anchor, Box, Group, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useStudio } from '../../api/studio.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { DemoButton } from './demo-button.tsx'
import { type Draft, draftOf } from './draft.ts'

/** The quickest way in: the demo at once, or its settings in the form to change them first. */
export function DemoCard({ onSettings }: { readonly onSettings: (draft: Draft) => void }) {
  const studio = useStudio()
  const load = useMutation({
    mutationFn: () => studio.call('demo.config', {}),
    onSuccess: (config) => onSettings(draftOf(config)),
  })
  return (
    <Box className="demo-card" p={20} mb={16}>
      <Group justify="space-between" gap="md">
        <Box maw={560}>
          <Title order={2}>New here? Start with the demo</Title>
          <Text size="sm" mt={4}>
            DoRA on a 6-million-parameter language model that learns to sort dictionary definitions into eight kinds.
            Model and data come with the studio, and it takes a few minutes.
          </Text>
        </Box>
        <Group gap="md">
          <DemoButton />
          <Anchor component="button" type="button" size="sm" onClick={() => load.mutate()}>
            Fill the form with it
          </Anchor>
        </Group>
      </Group>
      {load.error && <ErrorAlert title="The demo could not be read" error={load.error} />}
    </Box>
  )
}
