import { isHubName } from '../../../shared/domain/hub.ts'

const LINE = /^[\s{,]*["']?(model_name_or_path|adapter_name_or_path|\w+_file)["']?\s*:\s*(.*)$/
const QUOTED = /^(["'])(.*?)\1/
const NOTHING = new Set(['', 'null', '~'])
const ABSOLUTE = /^(?:[/\\~]|[A-Za-z]:[\\/])/

/** The value of a line as YAML or JSON would have it: without quotes, comment and comma. */
const plainValue = (text: string): string => {
  const quoted = QUOTED.exec(text)?.[2]
  return (quoted ?? text.replace(/\s+#.*$/, '').replace(/[,}]\s*$/, '')).trim()
}

/** A model may also stand under its name on the hub, `org/name`, which no folder of the file changes. */
const isRelative = (field: string, value: string): boolean =>
  !NOTHING.has(value) && !ABSOLUTE.test(value) && !(field === 'model_name_or_path' && isHubName(value))

/** Whether a run file, as text, has a path that is taken from the folder it lies in. */
export const hasRelativePath = (text: string): boolean =>
  text.split(/\r?\n/).some((line) => {
    const [, field = '', value = ''] = LINE.exec(line) ?? []
    return field !== '' && isRelative(field, plainValue(value))
  })
