import { existsSync, statSync } from 'node:fs'
import { type BrowserWindow, dialog, type OpenDialogOptions, shell } from 'electron'
import type { z } from 'zod'
import { DESKTOP_CALLS, type DesktopCallName, type DesktopCalls } from '../../shared/desktop-calls.ts'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import type { ServerMessage } from '../../shared/wire.ts'

type Handlers = {
  readonly [K in DesktopCallName]: (
    window: BrowserWindow,
    input: z.output<DesktopCalls[K]['input']>,
  ) => Promise<z.output<DesktopCalls[K]['output']>>
}

const asFilters = (filters: readonly { name: string; extensions: string[] }[]) =>
  filters.map(({ name, extensions }) => ({ name, extensions: [...extensions] }))

async function open(window: BrowserWindow, options: OpenDialogOptions, startAt: string | null) {
  const { filePaths } = await dialog.showOpenDialog(window, {
    ...options,
    ...(startAt ? { defaultPath: startAt } : {}),
  })
  return { path: filePaths[0] ?? null }
}

/** Only folders: opening a file would start whatever program it names. */
async function showFolder(path: string): Promise<void> {
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw fault('not-found', `${path} is not a folder that exists.`)
  const problem = await shell.openPath(path)
  if (problem) throw fault('refused', `${path} cannot be shown: ${problem}`)
}

const HANDLERS = {
  'dialog.openFolder': (window, { title, startAt }) =>
    open(window, { title, properties: ['openDirectory', 'createDirectory'] }, startAt),
  'dialog.openFile': (window, { title, startAt, filters }) =>
    open(window, { title, properties: ['openFile'], filters: asFilters(filters) }, startAt),
  async 'dialog.saveFile'(window, { title, startAt, filters }) {
    const place = startAt ? { defaultPath: startAt } : {}
    const { filePath } = await dialog.showSaveDialog(window, { title, filters: asFilters(filters), ...place })
    return { path: filePath || null }
  },
  async 'shell.showFolder'(_window, { path }) {
    await showFolder(path)
    return {}
  },
} satisfies Handlers

export const isDesktopCall = (name: unknown): name is DesktopCallName =>
  typeof name === 'string' && Object.keys(DESKTOP_CALLS).includes(name)

/** Answers a call that needs the window itself; never rejects. */
export async function answerDesktopCall(
  window: BrowserWindow,
  id: number,
  name: DesktopCallName,
  input: unknown,
): Promise<ServerMessage> {
  try {
    const parsed = DESKTOP_CALLS[name].input.safeParse(input)
    if (!parsed.success) throw fault('bad-config', `${name}: ${parsed.error.issues[0]?.message ?? 'bad input'}`)
    // Input and handler are of the same call; the schema has just checked it.
    const handler = HANDLERS[name] as (window: BrowserWindow, input: unknown) => Promise<unknown>
    return { id, ok: true, output: await handler(window, parsed.data) }
  } catch (error) {
    return { id, ok: false, error: toErrorData(error) }
  }
}
