import { fault } from '../../../shared/domain/error.ts'

function refuse(): never {
  throw fault('network', 'The scripted host has no hub.', { hint: 'test/hub holds one for tests with a real host.' })
}

/** A host that has never been asked for anything of the hub. */
export const hubRefused = {
  'hub.look': refuse,
  'hub.folder': () => ({ folder: null }),
  'hub.token': () => ({ source: 'none' as const, note: null, host: 'huggingface.co' }),
  'hub.giveToken': refuse,
  'downloads.list': () => [],
  'downloads.start': refuse,
  'downloads.pause': refuse,
  'downloads.resume': refuse,
  'downloads.remove': refuse,
  'downloads.takeUp': () => ({}),
}
