// Entry of dist/native-setup.mjs, forked by the window of an installed studio before the host: fetches libtensorflow on the
// first start, tells how far it is, and sends what processes that load it need in their environment.
import { ensureNative } from './install.ts'
import { engineEnvironment } from './state.ts'

const send = (message: object): void => void process.send?.(message, () => {})

// The window is gone: what was fetched so far is kept and found again.
process.on('disconnect', () => process.exit(1))
const state = await ensureNative((text, fraction) => send({ type: 'progress', text, fraction }), false)
for (const note of state.notes) console.error(note)
if (state.kernels) console.error(`no kernels of the studio's own: ${state.kernels.note}`)
process.send?.({ type: 'done', env: await engineEnvironment() }, () => process.exit(0))
