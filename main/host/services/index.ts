import { hostVersions } from '../folders.ts'
import { createBundleService } from './bundle-service.ts'
import { createChatService } from './chat-service.ts'
import { createDownloadService } from './download-service.ts'
import { createExportService } from './export-service.ts'
import { createHistoryService } from './history-service.ts'
import type { HostContext } from './host-context.ts'
import { createHubService } from './hub-service.ts'
import { createInspector } from './inspector.ts'
import { createLibraryService } from './library-service.ts'
import { createMergeService } from './merge-service.ts'
import { createPairedService } from './paired/paired-service.ts'
import { rankOf } from './rank-service.ts'
import { createRunService } from './run-service.ts'
import { createWriteQueue } from './write-queue.ts'

type Options = { readonly historyFile: string; readonly historyEntry: string; readonly chatIdleMs: number }

/** Everything that the host does, each part over the one context. */
export function createServices(context: HostContext, { historyFile, historyEntry, chatIdleMs }: Options) {
  const runs = createRunService(context)
  const writing = createWriteQueue(context)
  const chats = createChatService(context, chatIdleMs)
  const inspector = createInspector(context)
  const library = createLibraryService(context)
  const hub = createHubService(context)
  const paired = createPairedService(context, inspector)
  const downloads = createDownloadService(context, hub, library)
  return {
    runs,
    chats,
    inspector,
    exports: createExportService(context, writing),
    merges: createMergeService(context, writing),
    library,
    hub,
    downloads,
    paired,
    rank: (runId: string, step: number | null) => rankOf(context, inspector, runId, step),
    bundles: createBundleService(context, inspector, hostVersions()),
    history: createHistoryService(context, historyFile, historyEntry),
    /** Ends what is at work; the store may be closed afterwards. */
    async close(): Promise<void> {
      inspector.close()
      await Promise.all([runs.close(), writing.close(), paired.close(), chats.close(), downloads.close()])
    },
  }
}

export type Services = ReturnType<typeof createServices>
