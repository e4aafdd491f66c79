import { open } from 'node:fs/promises'
import { extname } from 'node:path'
import { parseRange } from './range.js'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

const contentType = (path: string) => types[extname(path).toLowerCase()] ?? 'application/octet-stream'

/**
 * A file, or the range of it that `request` asks for: 200, 206 or 416, streamed from disk. The stream ends when the other
 * side goes away. Rejects with Node's error when the file cannot be opened.
 */
export async function sendFile(path: string, request: Request, type = contentType(path)): Promise<Response> {
  const file = await open(path)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' })
    const { size, mtimeMs } = stats
    const range = parseRange(request.headers.get('range'), size)
    const headers = new Headers({
      'Content-Type': type,
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'no-cache',
      'Last-Modified': new Date(mtimeMs).toUTCString(),
    })
    if (range === 'unsatisfiable') {
      await file.close()
      headers.set('Content-Range', `bytes */${size}`)
      headers.delete('Content-Type')
      return new Response(null, { status: 416, headers })
    }
    const { start, end } = range ?? { start: 0, end: size - 1 }
    headers.set('Content-Length', String(end - start + 1))
    if (range) headers.set('Content-Range', `bytes ${start}-${end}/${size}`)
    const status = range ? 206 : 200
    if (request.method === 'HEAD' || end < start) {
      await file.close()
      return new Response(null, { status, headers })
    }
    return new Response(pieces(file, start, end, request.signal), { status, headers })
  } catch (error) {
    await file.close()
    throw error
  }
}

const pieceSize = 1 << 20

type FileHandle = Awaited<ReturnType<typeof open>>

/** Reads a piece whenever the reader wants one, so a slow or gone reader costs neither memory nor reading. */
function pieces(file: FileHandle, start: number, end: number, signal: AbortSignal): ReadableStream<Uint8Array> {
  let at = start
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal.throwIfAborted()
          const buffer = new Uint8Array(Math.min(pieceSize, end + 1 - at))
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
          if (bytesRead === 0) throw new Error('the file became shorter while it was read')
          at += bytesRead
          controller.enqueue(buffer.subarray(0, bytesRead))
          if (at <= end) return
          await file.close()
          controller.close()
        } catch (error) {
          await file.close()
          controller.error(error)
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  )
}
