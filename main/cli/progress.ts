import type { OnProgress } from '../../workers/thread/contract.js'
import type { Io } from './io.js'

const quietMs = 500
const everyMs = 100

/** One line on a terminal's stderr that tells how far a long piece of work is; silent for the first half second. */
export function progressLine(io: Io): { show: OnProgress; clear(): void } {
  const start = performance.now()
  let last = start + quietMs - everyMs
  let shown = false
  return {
    show: ({ phase, done, total }) => {
      const now = performance.now()
      if (!io.terminal || now - last < everyMs) return
      last = now
      shown = true
      io.err(`\r\u001b[K${phase} ${total > 0 ? Math.floor((100 * done) / total) : 0} %`)
    },
    clear: () => {
      if (shown) io.err('\r\u001b[K')
      shown = false
    },
  }
}
