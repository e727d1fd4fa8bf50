import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { temporaryFolder } from '../temporary-folder.ts'
import { SCRIPTED_ENGINE } from '../unit/host/studio.ts'

export type Studio = {
  readonly folder: string
  readonly child: ChildProcess
  readonly port: number
  readonly token: string
  /** What its process holds: bytes in memory and open files, sockets among them (Linux). */
  readonly holds: () => { readonly bytes: number; readonly files: number }
}

/** A host with its browser front in its own process, ended after the test. */
export async function startStudio(): Promise<Studio> {
  const folder = temporaryFolder()
  const root = join(folder, 'renderer')
  mkdirSync(root)
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'outside.txt'), 'outside')
  const script = join(import.meta.dirname, 'front-process.ts')
  const child = spawn(process.execPath, [script, join(folder, 'data'), SCRIPTED_ENGINE, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { port, token } = JSON.parse(line.toString()) as { port: number; token: string }
  return { folder, child, port, token, holds: () => holdings(child.pid ?? 0) }
}

function holdings(pid: number) {
  const pages = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { bytes: Number(pages?.[1]) * 1024, files: readdirSync(`/proc/${pid}/fd`).length }
}

export type Page = {
  readonly socket: WebSocket
  /** Sends a call and waits for its answer. */
  readonly call: (call: string, input: unknown) => Promise<Answer>
}
export type Answer = {
  readonly id: number
  readonly ok: boolean
  readonly output?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

/** A page as the studio sees it. Rejects with the HTTP status where it is turned away. */
export function openPage(
  { port, token }: Pick<Studio, 'port' | 'token'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket?token=${token}`, { headers })
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString()) as Answer
    waiting.get(message.id)?.(message)
    waiting.delete(message.id)
  })
  const call = (name: string, input: unknown) =>
    new Promise<Answer>((resolve, reject) => {
      const id = ++last
      waiting.set(id, resolve)
      socket.once('close', (code) => reject(new Error(`The socket was closed with ${code}.`)))
      socket.send(JSON.stringify({ id, call: name, input }))
    })
  socket.setMaxListeners(0)
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, { statusCode }) => reject(new Error(String(statusCode))))
    socket.on('open', () => resolve({ socket, call }))
  })
}

/** A bare connection; what the studio answers is gathered until it closes the connection or `ms` are over. */
export async function rawRequest(port: number, bytes: Uint8Array | string, ms: number): Promise<string> {
  const socket = await rawSocket(port)
  let answer = ''
  socket.on('data', (data) => {
    answer += data.toString('latin1')
  })
  socket.write(bytes)
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, ms))])
  socket.destroy()
  return answer
}

export async function rawSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
