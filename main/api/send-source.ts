import type { ByteSource } from '../../workers/bytes.js'
import { parseRange } from './range.js'

/** As much of a source as is read for one answer. */
const MOST = 8 << 20

/**
 * The range of a source that `request` asks for: 206, or 416. A source is never sent as a whole (it may lie on the other side of
 * the world): without a range the answer tells its size alone, to GET with status 411. Rejects with the source's error.
 */
export async function sendSource(source: ByteSource, request: Request): Promise<Response> {
  const { size } = source
  const headers = new Headers({
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-store',
  })
  if (request.method === 'HEAD') {
    headers.set('Content-Length', String(size))
    return new Response(null, { status: 200, headers })
  }
  const range = parseRange(request.headers.get('range'), size)
  if (range === 'unsatisfiable') {
    headers.set('Content-Range', `bytes */${size}`)
    return new Response(null, { status: 416, headers })
  }
  if (range === null) return new Response(null, { status: 411, headers })
  const start = range.start
  const end = Math.min(range.end, start + MOST - 1)
  const bytes = await source.read(start, end - start + 1, request.signal)
  headers.set('Content-Length', String(bytes.length))
  headers.set('Content-Range', `bytes ${start}-${start + bytes.length - 1}/${size}`)
  return new Response(bytes.slice().buffer, { status: 206, headers })
}
