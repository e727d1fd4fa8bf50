import type { Migration } from './migration.ts'

/** Conversations: who was talked to, the settings that went with the last text, and what was said, one row a turn. */
export const chats: Migration = (database) => {
  database.exec(`
    CREATE TABLE chats (
      id TEXT PRIMARY KEY NOT NULL,
      models TEXT NOT NULL CHECK (json_valid(models)),
      frame TEXT CHECK (frame IS NULL OR json_valid(frame)),
      options TEXT CHECK (options IS NULL OR json_valid(options)),
      used_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX chats_by_use ON chats (used_at DESC, id);

    CREATE TABLE chat_turns (
      chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
      turn INTEGER NOT NULL,
      text TEXT NOT NULL,
      answers TEXT NOT NULL CHECK (json_valid(answers)),
      PRIMARY KEY (chat_id, turn)
    ) STRICT, WITHOUT ROWID;
  `)
}
