// Reader of trace.dat, the file format of trace-cmd, versions 6 and 7.

import type { TraceReader } from '../types.js'
import { isTraceDat } from './container.js'
import { decodeTraceDat } from './decode.js'
import { FORMAT, openTraceDat } from './file.js'

export const traceDatReader: TraceReader = {
  format: FORMAT,
  recognises: (head) => isTraceDat(head),
  open: openTraceDat,
  decode: decodeTraceDat,
}
