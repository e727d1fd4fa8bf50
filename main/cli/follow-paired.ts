import { Presets, SingleBar } from 'cli-progress'
import { formatCount } from '../../shared/domain/amounts.ts'
import type { PairedJob } from '../../shared/domain/paired-job.ts'
import type { Host } from '../host/host.ts'
import { durationText } from './format.ts'
import { onInterrupt } from './interrupt.ts'
import { lastState } from './last-state.ts'
import type { Output } from './output.ts'

type Progress = { update(job: PairedJob): void; end(): void }

const leftText = ({ secondsLeft }: PairedJob): string =>
  secondsLeft === null ? '' : `, about ${durationText(secondsLeft)} left`

/** One line on standard error, drawn over itself. */
function createBar(): Progress {
  const options = { format: '{bar} {count}  {phase}{left}', hideCursor: true, gracefulExit: false, noTTYOutput: false }
  const bar = new SingleBar({ ...options, clearOnComplete: true }, Presets.shades_classic)
  bar.start(1, 0, { count: '', phase: '', left: '' })
  return {
    update(job) {
      const { done, total, phase } = job
      bar.setTotal(Math.max(1, total))
      const count = total === 0 ? '' : `${formatCount(done)}/${formatCount(total)}`
      bar.update(done, { count, phase: phase ?? '', left: leftText(job) })
    },
    end: () => bar.stop(),
  }
}

const SILENT: Progress = { update: () => {}, end: () => {} }

/** Shows a paired evaluation until it has ended; Ctrl+C cancels it. */
export async function followPaired(host: Host, { id }: Pick<PairedJob, 'id'>, output: Output): Promise<PairedJob> {
  const progress = output.drawsProgress ? createBar() : SILENT
  const release = onInterrupt(() => void host.call('paired.cancel', { id }).catch(output.fault))
  const ended = lastState(host, 'paired.updated', {
    id,
    isAtWork: ({ status }) => status === 'running',
    show: progress.update,
    current: async () => (await host.call('paired.list', {})).find((one) => one.id === id),
  })
  return ended.finally(() => {
    release()
    progress.end()
  })
}
