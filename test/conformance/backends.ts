import { portableBackend } from '../../main/engine/backends/portable/backend.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'

/** The backends users run on; conformance tests loop over them. */
export const backends = { tensorflow: tensorflowBackend, portable: portableBackend } as const
