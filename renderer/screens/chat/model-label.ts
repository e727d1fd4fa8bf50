import type { ChatModelState } from '../../../shared/domain/chat.ts'
import { modelName } from '../../format/numbers.ts'

/** How a model of a conversation is called: its run, or the folder it lies in. */
export const chatModelName = ({ model, name }: Pick<ChatModelState, 'model' | 'name'>): string =>
  model.kind === 'tuned' ? name : modelName(name)

/** What it is, in a word. */
export const KIND_LABELS = {
  base: 'Base',
  tuned: 'Tuned',
  folder: 'Folder',
  adapter: 'Adapter',
} as const satisfies Record<ChatModelState['model']['kind'], string>
