import type { SocketLike } from '../../../../renderer/api/link.ts'

/** A socket moved by hand. */
export type ScriptedSocket = SocketLike & { readonly sent: string[]; closed: boolean }

type Task = { readonly run: () => void; readonly ms: number; cancelled: boolean }

/** Sockets as they are opened, and a clock that runs only when told to. */
export function scriptedSockets() {
  const sockets: ScriptedSocket[] = []
  const tasks: Task[] = []
  return {
    sockets,
    tasks,
    latest: (): ScriptedSocket => sockets.at(-1) as ScriptedSocket,
    open(): ScriptedSocket {
      const socket: ScriptedSocket = {
        onopen: null,
        onmessage: null,
        onclose: null,
        sent: [],
        closed: false,
        send: (text) => void socket.sent.push(text),
        close: () => {
          socket.closed = true
        },
      }
      sockets.push(socket)
      return socket
    },
    schedule(run: () => void, ms: number) {
      const task: Task = { run, ms, cancelled: false }
      tasks.push(task)
      return () => {
        task.cancelled = true
      }
    },
    /** Runs the task that waits; returns the milliseconds it would have waited. */
    elapse(): number {
      const task = tasks.shift()
      if (task === undefined || task.cancelled) throw new Error('no task waits')
      task.run()
      return task.ms
    },
  }
}
