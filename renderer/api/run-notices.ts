import type { RunSummary } from '../../shared/domain/run.ts'
import type { SocketClient } from './client.ts'

const SETTING = 'dora-studio.notices'
const ENDED: Readonly<Partial<Record<RunSummary['status'], string>>> = {
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
  interrupted: 'was interrupted',
}

export type NoticeState = 'on' | 'off' | 'blocked' | 'unknown-here'

/** Whether the system is told when a run ends; the user decides, and the browser may forbid it. */
export function noticeState(): NoticeState {
  if (typeof Notification === 'undefined') return 'unknown-here'
  if (Notification.permission === 'denied') return 'blocked'
  return Notification.permission === 'granted' && localStorage.getItem(SETTING) === 'on' ? 'on' : 'off'
}

/** Asks the browser for its permission where it is needed. */
export async function switchNotices(on: boolean): Promise<NoticeState> {
  localStorage.setItem(SETTING, on ? 'on' : 'off')
  if (on && typeof Notification !== 'undefined' && Notification.permission === 'default') {
    await Notification.requestPermission()
  }
  return noticeState()
}

function tell(run: RunSummary): void {
  const loss = run.evalLoss ?? run.trainLoss
  const body = run.error?.message ?? (loss === null ? '' : `Loss ${loss.toFixed(4)} after ${run.step} steps.`)
  const notice = new Notification(`${run.name} ${ENDED[run.status]}`, { body, tag: run.id, icon: './icon.svg' })
  notice.onclick = () => {
    window.focus()
    location.hash = `#/runs/${encodeURIComponent(run.id)}`
    notice.close()
  }
}

/** Tells the system when a run that was seen at work has ended. Returns the end of it. */
export function watchRunEnds(client: SocketClient): () => void {
  const atWork = new Set<string>()
  return client.on('run.updated', (run) => {
    if (ENDED[run.status] === undefined) atWork.add(run.id)
    else if (atWork.delete(run.id) && noticeState() === 'on') tell(run)
  })
}
