import { ActionIcon, type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core'
import { Icon, type IconName } from './icon.tsx'

const SCHEMES = {
  auto: { label: 'Like the system', icon: 'screen' },
  light: { label: 'Light', icon: 'sun' },
  dark: { label: 'Dark', icon: 'moon' },
} as const satisfies Record<MantineColorScheme, { label: string; icon: IconName }>

const ENTRIES = Object.entries(SCHEMES) as [MantineColorScheme, (typeof SCHEMES)[MantineColorScheme]][]

/** Light, dark, or as the system has it. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu position="right-end" width={180}>
      <Menu.Target>
        <ActionIcon variant="default" size={34} aria-label={`Colours: ${SCHEMES[colorScheme].label}`}>
          <Icon name={SCHEMES[colorScheme].icon} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {ENTRIES.map(([scheme, { label, icon }]) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={icon} size={16} />}
            rightSection={scheme === colorScheme ? <Icon name="check" size={15} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
