import { z } from 'zod'
import { DESKTOP_CALLS } from './desktop-calls.ts'
import { comparisonSchema, reproductionSchema } from './domain/bundle.ts'
import {
  chatEntrySchema,
  chatFrameSchema,
  chatModelSchema,
  chatStateSchema,
  chatTextSchema,
  generationOptionsSchema,
  MAX_CHAT_MODELS,
} from './domain/chat.ts'
import { dataFactsSchema, dataQuestionSchema } from './domain/data-facts.ts'
import { doctorReportSchema } from './domain/doctor.ts'
import {
  exportJobSchema,
  exportKindSchema,
  exportTargetSchema,
  freeSpaceSchema,
  runExportDtypeSchema,
} from './domain/export.ts'
import { fitAnswerSchema, memoryLimitSchema } from './domain/fit.ts'
import { historyRepairSchema, historyReportSchema } from './domain/history.ts'
import { downloadOrderSchema, downloadSchema, hubFactsSchema, hubKindSchema, hubTokenSchema } from './domain/hub.ts'
import { machineSettingsSchema } from './domain/machine-settings.ts'
import { mergeJobSchema, mergeOrderSchema } from './domain/merge.ts'
import { METHOD_KINDS } from './domain/method-kind.ts'
import { metricNameSchema, metricRowSchema, seriesSchema } from './domain/metric.ts'
import { modelFactsSchema } from './domain/model-facts.ts'
import { pairedJobSchema, pairedOrderSchema } from './domain/paired-job.ts'
import { rankFactsSchema } from './domain/rank.ts'
import { runDetailSchema, runNotesSchema, runSummarySchema, runTagsSchema } from './domain/run.ts'
import { runConfigSchema } from './domain/run-config.ts'
import { previewAnswerSchema } from './domain/run-preview.ts'
import { MOST_TWINS } from './domain/twins.ts'

const runId = z.object({ runId: z.string().min(1).max(64) })
const nothing = z.object({})
const path = z.string().trim().min(1).max(4096)
/** Of a model on the hub; null is its main branch. */
const hubRevision = z.string().trim().max(200).nullable().default(null)
/** A model folder or a data file the user works with; `shipped` ones came with the studio. */
const libraryEntry = z.object({ path: z.string(), shipped: z.boolean(), exists: z.boolean() })
const downloadId = z.object({ id: z.string().min(1).max(64) })
const chatId = z.object({ chatId: z.string().min(1).max(64) })
const call = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output })

/**
 * Every call a front may make of the host. Client, server and preload are derived from this list; both directions are
 * checked at run time. An addition is one line here and one handler in `main/host/handlers.ts`.
 */
export const CALLS = {
  /** `repaired`: what was brought over when this start found the history damaged; null as a rule. */
  'app.info': call(
    nothing,
    z.object({
      version: z.string(),
      dataFolder: z.string(),
      platform: z.string(),
      repaired: historyRepairSchema.nullable(),
    }),
  ),
  /** Memory of the machine in bytes, and the device of the newest run, else of the Doctor's last look; null before both. */
  'app.status': call(
    nothing,
    z.object({ device: z.string().nullable(), memory: z.object({ total: z.number(), available: z.number() }) }),
  ),
  /** Runs the same checks as `doctor` on the command line; takes a few seconds. */
  'doctor.report': call(nothing, doctorReportSchema),
  /** Reads the whole history; takes about a second a gigabyte. */
  'history.check': call(nothing, historyReportSchema),
  /** Has a damaged history repaired when the studio starts next. */
  'history.repair': call(nothing, z.object({ atNextStart: z.boolean() })),
  /** The demo recipe shipped in resources/demo with absolute paths, ready to start. */
  'demo.config': call(nothing, runConfigSchema),
  /** Text of a run YAML to a checked configuration (relative paths against `folder`). */
  'config.parse': call(z.object({ yaml: z.string().max(200_000), folder: z.string() }), runConfigSchema),
  'config.format': call(runConfigSchema, z.object({ yaml: z.string() })),
  'settings.get': call(nothing, machineSettingsSchema),
  'settings.set': call(machineSettingsSchema, machineSettingsSchema),
  'runs.list': call(nothing, z.array(runSummarySchema)),
  'runs.get': call(runId, runDetailSchema),
  'runs.start': call(runConfigSchema, runSummarySchema),
  /** The same configuration with each of the methods, queued one after another; their names tell them apart. */
  'runs.startTwins': call(
    z.object({ config: runConfigSchema, methods: z.array(z.enum(METHOD_KINDS)).min(2).max(MOST_TWINS) }),
    z.array(runSummarySchema),
  ),
  'runs.stop': call(runId.extend({ checkpoint: z.boolean() }), runSummarySchema),
  'runs.resume': call(runId, runSummarySchema),
  'runs.rename': call(runId.extend({ name: z.string().trim().min(1).max(120) }), runSummarySchema),
  'runs.describe': call(runId.extend({ tags: runTagsSchema, notes: runNotesSchema }), runSummarySchema),
  /** What a run's folder takes on the disk, in bytes. */
  'runs.size': call(runId, z.object({ bytes: z.number() })),
  /** Moves a queued run to a place in the queue, counted from 1. */
  'runs.reorder': call(runId.extend({ position: z.number().int().min(1).max(10_000) }), runSummarySchema),
  /** What a run would be: parameters, steps, memory, and what stands in its way. Takes seconds. */
  'runs.preview': call(runConfigSchema, previewAnswerSchema),
  /** What would make a run fit into so many bytes (null: into what is free). Takes several times as long as a preview. */
  'runs.fit': call(z.object({ config: runConfigSchema, limit: memoryLimitSchema }), fitAnswerSchema),
  /** How many of its directions the adapter of a checkpoint uses (null: of the best one, else the newest). Takes seconds. */
  'runs.rank': call(runId.extend({ step: z.number().int().min(0).nullable().default(null) }), rankFactsSchema),
  'runs.delete': call(runId, nothing),
  /** Saves an ended run as one file: settings, hashes, versions, curves; weights are exported. */
  'bundles.save': call(runId.extend({ file: path }), z.object({ file: z.string(), bytes: z.number() })),
  'bundles.import': call(z.object({ file: path }), runSummarySchema),
  /** Settings to make a run again, and what is not as it was: model, data, versions. Reads all files, takes seconds. */
  'bundles.reproduce': call(runId, reproductionSchema),
  /** Whether two runs have the same numbers, to the last bit. */
  'bundles.compare': call(runId.extend({ with: z.string().min(1).max(64) }), comparisonSchema),
  /** Has two models asked the same examples, one after the other; an event tells how far that is. The one at work where it is that. */
  'paired.start': call(pairedOrderSchema, pairedJobSchema),
  /** Those of this session, oldest first. */
  'paired.list': call(nothing, z.array(pairedJobSchema)),
  /** Ends one that waits or is at work; one that has ended stays as it is. */
  'paired.cancel': call(z.object({ id: z.string().min(1).max(64) }), pairedJobSchema),
  'models.list': call(nothing, z.array(libraryEntry)),
  'models.add': call(z.object({ path }), z.array(libraryEntry)),
  'models.remove': call(z.object({ path }), z.array(libraryEntry)),
  /** `folder`: also a model's name on the hub, at a `revision` (null: its main branch), where it has been downloaded. */
  'models.inspect': call(z.object({ folder: path, revision: hubRevision }), modelFactsSchema),
  'data.list': call(nothing, z.array(libraryEntry)),
  'data.add': call(z.object({ path }), z.array(libraryEntry)),
  'data.remove': call(z.object({ path }), z.array(libraryEntry)),
  'data.inspect': call(dataQuestionSchema, dataFactsSchema),
  /** Folders (and data files, where `files`) that begin as the text does, for completing a path. */
  'paths.suggest': call(
    z.object({ text: z.string().max(4096), files: z.boolean() }),
    z.object({ entries: z.array(z.object({ path: z.string(), folder: z.boolean() })) }),
  ),
  /** What the hub has under a name (`org/name` or the address of its page), and what of it is here. Asks the hub. */
  'hub.look': call(
    z.object({
      kind: hubKindSchema,
      repo: z.string().trim().min(1).max(2048),
      revision: z.string().trim().max(200).nullable(),
    }),
    hubFactsSchema,
  ),
  /** The folder of a model that is whole in the hub's cache on this machine; asks nobody. */
  'hub.folder': call(
    z.object({ repo: z.string().max(2048), revision: hubRevision }),
    z.object({ folder: z.string().nullable() }),
  ),
  'hub.token': call(nothing, hubTokenSchema),
  /** Kept in the host's memory until it ends; null forgets it. `system`: from the system's store, by the desktop window. */
  'hub.giveToken': call(
    z.object({
      token: z.string().max(4096).nullable(),
      source: z.enum(['system', 'session']).default('session'),
      note: z.string().max(500).nullable().default(null),
    }),
    hubTokenSchema,
  ),
  /** Oldest first, ended ones included. */
  'downloads.list': call(nothing, z.array(downloadSchema)),
  'downloads.start': call(downloadOrderSchema, downloadSchema),
  'downloads.pause': call(downloadId, downloadSchema),
  'downloads.resume': call(downloadId, downloadSchema),
  /** Takes it off the list; whole files stay in the hub's cache. */
  'downloads.remove': call(downloadId, nothing),
  /** Goes on with those that were at work when an earlier host ended; for fronts that stay open. */
  'downloads.takeUp': call(nothing, nothing),
  'paths.freeSpace': call(z.object({ path }), freeSpaceSchema),
  /** Series thinned to at most `maxPoints` buckets each, oldest first. `names` empty: all. */
  'metrics.series': call(
    runId.extend({
      names: z.array(metricNameSchema).max(64),
      maxPoints: z.number().int().min(2).max(5000),
      fromStep: z.number().int().min(0).nullable(),
      toStep: z.number().int().min(0).nullable(),
    }),
    z.array(seriesSchema),
  ),
  /** `step`: of the checkpoint to take; null: the best one, else the newest. */
  'exports.start': call(
    runId.extend({
      kind: exportKindSchema,
      folder: z.string().min(1).max(4096),
      step: z.number().int().min(0).nullable().default(null),
      dtype: runExportDtypeSchema,
    }),
    exportJobSchema,
  ),
  'exports.targets': call(runId, z.array(exportTargetSchema)),
  'exports.list': call(runId, z.array(exportJobSchema)),
  /** Merges an adapter from elsewhere into its base model; an event tells how far it is. */
  'merges.start': call(mergeOrderSchema, mergeJobSchema),
  /** Those of this session, oldest first. */
  'merges.list': call(nothing, z.array(mergeJobSchema)),
  /**
   * The conversation with these models: the one there is, else a new one, whose models are loaded at once. Not `kept`: a
   * new one in any case, which ends with the host.
   */
  'chat.open': call(
    z.object({ models: z.array(chatModelSchema).min(1).max(MAX_CHAT_MODELS), kept: z.boolean().default(true) }),
    chatStateSchema,
  ),
  /** Conversations in which something was said, the last used first. */
  'chat.list': call(nothing, z.array(chatEntrySchema)),
  /** Loads what is not in memory, as the next text would. */
  'chat.load': call(chatId, chatStateSchema),
  /** All models answer; the call is back at once, the answers come as events. */
  'chat.send': call(
    chatId.extend({ text: chatTextSchema, frame: chatFrameSchema, options: generationOptionsSchema }),
    chatStateSchema,
  ),
  /** Answers the last text anew. */
  'chat.regenerate': call(chatId.extend({ frame: chatFrameSchema, options: generationOptionsSchema }), chatStateSchema),
  /** Ends the answers being given; what there is of them stays. */
  'chat.cancel': call(chatId, chatStateSchema),
  /** Forgets what was said; the models stay loaded. */
  'chat.clear': call(chatId, chatStateSchema),
  /** Forgets the conversation and frees its models. */
  'chat.close': call(chatId, nothing),
  ...DESKTOP_CALLS,
} as const

export type Calls = typeof CALLS
export type CallName = keyof Calls
export type CallInput<K extends CallName> = z.input<Calls[K]['input']>
export type CallOutput<K extends CallName> = z.output<Calls[K]['output']>

/** Every event the host pushes to all fronts. Metrics are in the store before they are published. */
export const EVENTS = {
  'run.updated': runSummarySchema,
  'run.deleted': runId,
  'metrics.appended': z.object({ runId: z.string(), rows: z.array(metricRowSchema) }),
  'export.updated': exportJobSchema,
  'merge.updated': mergeJobSchema,
  'paired.updated': pairedJobSchema,
  'settings.changed': machineSettingsSchema,
  'download.updated': downloadSchema,
  'download.removed': downloadId,
  'hub.tokenChanged': hubTokenSchema,
  /** A piece of the answer of model number `model` to a turn; `at`: characters of the answer before it. */
  'chat.token': chatId.extend({
    turn: z.number().int(),
    model: z.number().int(),
    at: z.number().int(),
    text: z.string(),
  }),
  /** Anything else that changed in a conversation. */
  'chat.updated': chatStateSchema,
  /** A model or data file was added or forgotten. */
  'library.updated': z.object({ kind: z.enum(['models', 'data']) }),
} as const

export type Events = typeof EVENTS
export type EventName = keyof Events
export type EventPayload<K extends EventName> = z.output<Events[K]>

/** The client as the renderer sees it, whatever carries it. */
export type StudioClient = {
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>>
  /** Returns the function that ends the subscription. */
  on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void
}
