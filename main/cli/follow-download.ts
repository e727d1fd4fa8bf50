import { Presets, SingleBar } from 'cli-progress'
import { formatBytes, formatPercent } from '../../shared/domain/amounts.ts'
import { type Download, isAtWork } from '../../shared/domain/hub.ts'
import type { Host } from '../host/host.ts'
import { durationText } from './format.ts'
import { onInterrupt } from './interrupt.ts'
import { lastState } from './last-state.ts'
import type { Output } from './output.ts'

const LINE_EVERY_MS = 5_000

type Progress = { update(download: Download): void; end(): void }

const speedText = ({ bytesPerSecond, bytes, receivedBytes }: Download): string =>
  bytesPerSecond
    ? `${formatBytes(bytesPerSecond)}/s, ${durationText((bytes - receivedBytes) / bytesPerSecond)} left`
    : ''

function createBar(): Progress {
  const options = { format: '{bar} {got} of {all}  {speed}', hideCursor: true, gracefulExit: false, noTTYOutput: false }
  const bar = new SingleBar(options, Presets.shades_classic)
  bar.start(1, 0, { got: '', all: '', speed: '' })
  return {
    update(download) {
      const { bytes, receivedBytes } = download
      bar.setTotal(Math.max(1, bytes))
      bar.update(receivedBytes, {
        got: formatBytes(receivedBytes),
        all: formatBytes(bytes),
        speed: speedText(download),
      })
    },
    end: () => bar.stop(),
  }
}

/** One line a file, and one every few seconds. */
function createLines(output: Output): Progress {
  let phase = ''
  let shownAt = Date.now()
  return {
    update(download) {
      if (download.phase && download.phase !== phase) output.line(download.phase)
      phase = download.phase ?? phase
      if (Date.now() - shownAt < LINE_EVERY_MS) return
      shownAt = Date.now()
      const share = formatPercent(download.receivedBytes / Math.max(1, download.bytes))
      output.line(`${share} of ${formatBytes(download.bytes)}  ${speedText(download)}`)
    },
    end: () => {},
  }
}

function createProgress(output: Output): Progress {
  if (output.json) return { update: (payload) => output.record({ event: 'download.updated', payload }), end: () => {} }
  return output.interactive ? createBar() : createLines(output)
}

/** Shows a download until it rests; Ctrl+C pauses it, with what has come kept. */
export async function followDownload(host: Host, id: string, output: Output): Promise<Download> {
  const progress = createProgress(output)
  const release = onInterrupt(() => void host.call('downloads.pause', { id }).catch(output.fault))
  const ended = lastState(host, 'download.updated', {
    id,
    isAtWork: ({ status }) => isAtWork(status),
    show: progress.update,
    current: async () => (await host.call('downloads.list', {})).find((one) => one.id === id),
  })
  return ended.finally(() => {
    release()
    progress.end()
  })
}
