import type { z } from 'zod'
import {
  type ChatFrame,
  type ChatModel,
  type ChatTurn,
  chatAnswerSchema,
  chatFrameSchema,
  chatModelSchema,
  type GenerationOptions,
  generationOptionsSchema,
} from '../../../shared/domain/chat.ts'
import type { Database } from './database.ts'

export type ChatRecord = {
  readonly id: string
  readonly models: readonly ChatModel[]
  /** That went with the last text; null before the first. */
  readonly frame: ChatFrame | null
  readonly options: GenerationOptions | null
  readonly usedAt: number
}
/** With what a list shows of a conversation. */
export type ChatHead = ChatRecord & { readonly title: string; readonly turns: number }

type HeadRow = Record<'id' | 'models' | 'title', string> & { frame: string | null; options: string | null } & Record<
    'usedAt' | 'turns',
    number
  >

/** Exported so that a test can ask SQLite for the query plans. */
export const CHAT_SQL = {
  listChats: `SELECT id, models, frame, options, used_at AS usedAt,
    (SELECT count(*) FROM chat_turns t WHERE t.chat_id = c.id) AS turns,
    coalesce((SELECT text FROM chat_turns t WHERE t.chat_id = c.id ORDER BY turn LIMIT 1), '') AS title
    FROM chats c ORDER BY used_at DESC, id`,
  turnsOfChat: 'SELECT turn AS id, text, answers FROM chat_turns WHERE chat_id = ? ORDER BY turn',
} as const

const parsed = <T extends z.ZodType>(schema: T, text: string): z.output<T> => schema.parse(JSON.parse(text))

/** Rows of `chats` and `chat_turns`. */
export function createChatStore(database: Database) {
  const list = database.prepare<[], HeadRow>(CHAT_SQL.listChats)
  const turns = database.prepare<[string], { id: number; text: string; answers: string }>(CHAT_SQL.turnsOfChat)
  const save = database.prepare(`INSERT INTO chats (id, models, frame, options, used_at)
    VALUES (@id, @models, @frame, @options, @usedAt) ON CONFLICT (id) DO UPDATE SET
    frame = excluded.frame, options = excluded.options, used_at = excluded.used_at`)
  const saveTurn = database.prepare(`INSERT INTO chat_turns (chat_id, turn, text, answers)
    SELECT @chatId, @id, @text, @answers WHERE EXISTS (SELECT 1 FROM chats WHERE id = @chatId)
    ON CONFLICT (chat_id, turn) DO UPDATE SET answers = excluded.answers`)
  const removeTurn = database.prepare('DELETE FROM chat_turns WHERE chat_id = ? AND turn = ?')
  const clear = database.prepare('DELETE FROM chat_turns WHERE chat_id = ?')
  const remove = database.prepare('DELETE FROM chats WHERE id = ?')
  return {
    /** The last used first. */
    list: (): ChatHead[] =>
      list.all().map(({ models, frame, options, ...row }) => ({
        ...row,
        models: parsed(chatModelSchema.array(), models),
        frame: frame === null ? null : parsed(chatFrameSchema, frame),
        options: options === null ? null : parsed(generationOptionsSchema, options),
      })),
    /** In the order they were said. */
    turns: (chatId: string): ChatTurn[] =>
      turns.all(chatId).map((row) => ({ ...row, answers: parsed(chatAnswerSchema.array(), row.answers) })),
    save({ id, models, frame, options, usedAt }: ChatRecord): void {
      const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
      save.run({ id, models: json(models), frame: json(frame), options: json(options), usedAt })
    },
    /** Nothing happens where the conversation is gone: another host may have deleted it. */
    saveTurn(chatId: string, { id, text, answers }: ChatTurn): void {
      saveTurn.run({ chatId, id, text, answers: JSON.stringify(answers) })
    },
    removeTurn: (chatId: string, turn: number): void => void removeTurn.run(chatId, turn),
    clear: (chatId: string): void => void clear.run(chatId),
    remove: (chatId: string): void => void remove.run(chatId),
  }
}
