import { Box, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

type Props = { readonly icon: IconName; readonly title: string; readonly text: string; readonly children?: ReactNode }

/** Says why there is nothing here and what to do about it. */
export const EmptyState = ({ icon, title, text, children }: Props) => (
  <Stack align="center" gap="xs" py={48} px="md">
    <ThemeIcon variant="light" size={52} radius="xl">
      <Icon name={icon} size={26} />
    </ThemeIcon>
    <Title order={2} mt={4}>
      {title}
    </Title>
    <Text c="dimmed" size="sm" ta="center" maw={440}>
      {text}
    </Text>
    {children && <Box mt="sm">{children}</Box>}
  </Stack>
)
