import { FIXED_ANSWERS } from './answers.ts'
import { createScriptedChats } from './chat.ts'
import { createScriptedLibrary } from './library.ts'
import { createScriptedPaired } from './paired.ts'
import { createScriptedRuns } from './runs.ts'
import { createScriptedServer } from './server.ts'
import { createScriptedWrites } from './writes.ts'

/** A host without an engine, for work on the page alone: it speaks the wire protocol and plays a scripted run. */
type Options = {
  readonly rendererFolder: string
  readonly totalSteps: number
  readonly stepMs: number
  readonly port: number
}

export async function startScriptedHost({ rendererFolder, totalSteps, stepMs, port }: Options) {
  const { publish, listen, dropConnections, close } = createScriptedServer(rendererFolder)
  const { handlers: ofRuns, pauseAll, detailOf, ...runs } = createScriptedRuns(publish, totalSteps, stepMs)
  const { handlers: ofChats, ...chats } = createScriptedChats(publish, (runId) => detailOf(runId).name)
  const library = createScriptedLibrary((kind) => publish('library.updated', { kind }))
  const writes = createScriptedWrites(publish, detailOf)
  const { pairedHandlers, ...paired } = createScriptedPaired(publish)
  const url = await listen(port, {
    ...FIXED_ANSWERS,
    ...ofRuns,
    ...ofChats,
    ...library,
    ...writes,
    ...pairedHandlers,
  })
  return {
    ...runs,
    ...paired,
    ...chats,
    url,
    dropConnections,
    async close() {
      pauseAll()
      await close()
    },
  }
}

export type ScriptedHost = Awaited<ReturnType<typeof startScriptedHost>>
