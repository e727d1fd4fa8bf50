import { inspectHistory } from '../../../../main/host/store/inspect-history.ts'
import { openStore, type Store } from '../../../../main/host/store/store.ts'
import { toErrorData } from '../../../../shared/domain/error.ts'
import type { StoreAnswer, StoreOrder } from './store-process.ts'

/** By file. */
const opened = new Map<string, Store>()

function obey(order: StoreOrder): readonly string[] {
  const { file } = order
  if (order.call === 'check') return inspectHistory(file).complaints
  const open = opened.get(file) ?? openStore(file)
  opened.set(file, open)
  if (order.call === 'keep') open.keepFiles()
  if (order.call === 'add') {
    const { id, config } = order
    open.runs.insert({ id, config, versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  }
  const runs = open.runs.list().map(({ id }) => id)
  if (order.call === 'close') {
    opened.delete(file)
    open.close()
  }
  return runs.sort()
}

process.on('message', (order: StoreOrder) => {
  let answer: StoreAnswer
  try {
    answer = { found: obey(order) }
  } catch (error) {
    const { code, message } = toErrorData(error)
    answer = { code, message }
  }
  process.send?.(answer)
})
