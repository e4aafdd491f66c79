// Answers that take long, or ask back: lines of JSON, one at a time, until the reader goes away.

import { randomUUID } from 'node:crypto'
import { InputError, RequestError } from '../../workers/fault.js'
import type { Asker, Question } from '../remote/ask.js'

export interface ErrorLine {
  readonly type: 'error'
  readonly error: { readonly code: string; readonly message: string; readonly file?: string }
}

export interface QuestionLine {
  readonly type: 'question'
  readonly id: string
  readonly question: Question
}

export interface NoteLine {
  readonly type: 'note'
  readonly sentence: string
}

/** To a question for a secret, `keep` may come with it. */
type Answer = string | boolean | null | { readonly text: string; readonly keep: boolean }

/** Questions that a window was asked and has not answered yet. */
export class Questions {
  readonly #waiting = new Map<string, (value: Answer) => void>()

  /** Asks through the lines of one answer. */
  asker(send: (line: QuestionLine | NoteLine) => void, signal: AbortSignal): Asker {
    const ask = async (question: Question): Promise<Answer> => {
      const id = randomUUID()
      try {
        return await new Promise((resolve, reject) => {
          this.#waiting.set(id, resolve)
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          send({ type: 'question', id, question })
        })
      } finally {
        this.#waiting.delete(id)
      }
    }
    return {
      hostKey: async (question) => (await ask(question)) === true,
      secret: async (question, keep) => {
        const answer = await ask(keep ? { ...question, keepable: true } : question)
        if (answer === null || typeof answer !== 'object') return typeof answer === 'string' ? answer : null
        if (answer.keep) keep?.()
        return answer.text
      },
      note: (sentence) => send({ type: 'note', sentence }),
    }
  }

  /** Throws RequestError when nobody waits for it. */
  answer(id: string, value: Answer): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) throw new RequestError('Nobody waits for that answer any more.')
    waiting(value)
  }
}

/** An answer of lines that come while the work goes on; it ends when the reader goes away. */
export function lines<Line extends object>(
  asked: AbortSignal,
  work: (send: (line: Line | ErrorLine) => void, signal: AbortSignal) => Promise<void>,
): Response {
  const abort = new AbortController()
  const gone = (): void => abort.abort(new DOMException('The window went away.', 'AbortError'))
  if (asked.aborted) gone()
  asked.addEventListener('abort', gone, { once: true })
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (line: Line | ErrorLine): void => {
        if (!abort.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
      }
      try {
        await work(send, abort.signal)
      } catch (e) {
        send({ type: 'error', error: errorOf(e) })
      }
      if (!abort.signal.aborted) controller.close()
    },
    cancel: gone,
  })
  return new Response(body, { headers: { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' } })
}

function errorOf(e: unknown): ErrorLine['error'] {
  if (e instanceof InputError)
    return { code: e.code, message: e.message, ...(e.file === undefined ? {} : { file: e.file }) }
  return { code: 'internal', message: e instanceof Error ? e.message : String(e) }
}
