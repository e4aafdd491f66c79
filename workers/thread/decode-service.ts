// The work of a decoding thread, whatever kind of thread it is.

import type { ByteSource, SourceOpener } from '../bytes.js'
import { decodeBlock } from '../readers/registry.js'
import type { DecodePlan } from '../readers/types.js'
import type { DecodeService } from './pool.js'

export function createDecodeService(open: SourceOpener): DecodeService {
  const files = new Map<number, { plan: DecodePlan; source: ByteSource }>()
  return {
    prepare(key, plan, source) {
      files.set(key, { plan, source: open(source) })
      return Promise.resolve()
    },
    decode(key, block) {
      const file = files.get(key)!
      return decodeBlock(file.plan, block, file.source)
    },
  }
}
