import { Button, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useStudio } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'

/** Starts the demo recipe that ships with the studio, and shows its run. */
export function DemoButton({ variant = 'filled' }: { readonly variant?: 'filled' | 'white' }) {
  const studio = useStudio()
  const start = useMutation({
    mutationFn: async () => studio.call('runs.start', await studio.call('demo.config', {})),
    onSuccess: (run) => goTo({ screen: 'run', runId: run.id, tab: 'curves' }),
  })
  return (
    <Stack gap="sm">
      <Button
        variant={variant}
        loading={start.isPending}
        onClick={() => start.mutate()}
        leftSection={<Icon name="play" size={15} filled />}
      >
        Start the demo run
      </Button>
      {start.error && <ErrorAlert title="The demo was not started" error={start.error} />}
    </Stack>
  )
}
