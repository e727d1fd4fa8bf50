/** SQLite's addon needs this version of Node-API: Node 22.14, Electron 36. */
const NEEDED_NODE_API = 10

type Environment = Readonly<Record<string, string | undefined>>

/** The program that runs host and engines, and what its environment needs beside our own. */
export type Runtime = { readonly execPath: string; readonly env: Readonly<Record<string, string>> }

export type RuntimeFacts = {
  readonly execPath: string
  /** `process.versions.napi` of the running Electron. */
  readonly nodeApi: string | undefined
  readonly env: Environment
}

/**
 * Electron itself as Node; where it is too old for that (tests on an old Electron), the Node named by DORA_NODE, which
 * `npm start` sets. Null: neither will do.
 */
export function chooseRuntime({ execPath, nodeApi, env }: RuntimeFacts): Runtime | null {
  if (Number(nodeApi ?? 0) >= NEEDED_NODE_API) return { execPath, env: { ELECTRON_RUN_AS_NODE: '1' } }
  return env.DORA_NODE ? { execPath: env.DORA_NODE, env: {} } : null
}
