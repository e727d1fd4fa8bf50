// One line a phase, on stderr so that a command's own output stays clean. Plain JavaScript for Node 18.

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`

/**
 * Shows `name: text percentage` while `work` runs; nothing at all when it never reports anything.
 * @template T
 * @param {string} name
 * @param {(update: (text: string, fraction: number | null) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function phase(name, work) {
  const started = Date.now()
  const line = createLine(name)
  try {
    const result = await work(line.update)
    line.end(`done in ${seconds(Date.now() - started)}`)
    return result
  } catch (error) {
    line.end('failed')
    throw error
  }
}

/**
 * On a terminal the line is drawn over; in a log a new one is written for a new text and for every quarter.
 * @param {string} name
 */
function createLine(name) {
  const terminal = process.stderr.isTTY
  let shown = ''
  /** @param {string} text */
  const write = (text) => process.stderr.write(terminal ? `\r\u001b[2K${text}` : `${text}\n`)
  return {
    /**
     * @param {string} text
     * @param {number | null} fraction
     */
    update(text, fraction) {
      const step = fraction === null ? null : Math.floor(fraction * (terminal ? 100 : 4)) * (terminal ? 1 : 25)
      const next = `${name.padEnd(9)} ${text}${step === null ? '' : ` ${step} %`}`
      if (next === shown) return
      shown = next
      write(next)
    },
    /** @param {string} text */
    end(text) {
      if (shown) write(`${name.padEnd(9)} ${text}${terminal ? '\n' : ''}`)
    },
  }
}
