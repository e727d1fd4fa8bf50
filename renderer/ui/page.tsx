import { Anchor, Box, Group, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

type Props = {
  readonly title: string
  /** The screen this one belongs to. */
  readonly parent?: { readonly label: string; readonly href: string }
  readonly subtitle?: ReactNode
  readonly badge?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A screen: heading, what it is about, its actions, its content. Also names the browser tab. */
export function Page({ title, parent, subtitle, badge, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · DoRA Studio`
  }, [title])
  return (
    <Box px={24} py={20} maw={1840} mx="auto">
      <Group justify="space-between" align="flex-start" mb={16} gap="md" wrap="nowrap" mih={44}>
        <Box miw={0}>
          {parent && (
            <Anchor href={parent.href} size="xs" display="inline-block" mb={2}>
              {`‹ ${parent.label}`}
            </Anchor>
          )}
          <Box mih={31}>
            <Title order={1} display="inline" mr={badge ? 12 : 0} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {badge && <span className="page-badge">{badge}</span>}
          </Box>
          {subtitle !== undefined && (
            <Text size="sm" c="dimmed" component="div" style={{ overflowWrap: 'anywhere' }}>
              {subtitle}
            </Text>
          )}
        </Box>
        {actions && (
          <Group gap="xs" wrap="nowrap" style={{ flex: 'none' }}>
            {actions}
          </Group>
        )}
      </Group>
      {children}
    </Box>
  )
}
