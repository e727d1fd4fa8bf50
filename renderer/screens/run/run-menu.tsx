import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { hrefOf } from '../../router/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { isActive } from '../runs/run-figures.ts'
import { BundleDialog } from './bundle-dialog.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { DescribeDialog } from './describe-dialog.tsx'
import { QueueItems } from './queue-items.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { ReproduceDialog } from './reproduce-dialog.tsx'

/** What can be done with a run besides stopping and resuming it. */
export function RunMenu({ run }: { readonly run: RunSummary }) {
  const [renaming, rename] = useDisclosure(false)
  const [describing, describe] = useDisclosure(false)
  const [deleting, remove] = useDisclosure(false)
  const [saving, save] = useDisclosure(false)
  const [repeating, repeat] = useDisclosure(false)
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={30} aria-label={`More for ${run.name}`}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {run.queuePosition !== null && <QueueItems run={run} position={run.queuePosition} />}
          <Menu.Item leftSection={<Icon name="pencil" size={16} />} onClick={rename.open}>
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="tag" size={16} />} onClick={describe.open}>
            Tags and notes
          </Menu.Item>
          <Menu.Item
            component="a"
            href={hrefOf({ screen: 'new-run', from: run.id })}
            leftSection={<Icon name="copy" size={16} />}
          >
            New run from these settings
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="play" size={16} />} onClick={repeat.open}>
            Run again, the same
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="export" size={16} />} onClick={save.open} disabled={isActive(run)}>
            Save as a bundle
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            // The menu's own red is too pale to be read.
            c={isActive(run) ? 'dimmed' : 'var(--mantine-color-error)'}
            leftSection={<Icon name="trash" size={16} />}
            onClick={remove.open}
            disabled={isActive(run)}
          >
            {isActive(run) ? 'Delete (stop it first)' : 'Delete'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {renaming && <RenameDialog run={run} onClose={rename.close} />}
      {describing && <DescribeDialog run={run} onClose={describe.close} />}
      {saving && <BundleDialog run={run} onClose={save.close} />}
      {repeating && <ReproduceDialog run={run} onClose={repeat.close} />}
      {deleting && <DeleteDialog run={run} onClose={remove.close} />}
    </>
  )
}
