// Sentences for the user. Nothing is thrown away silently and nothing blocks: they stand in a banner until dismissed.

import { signal } from '@preact/signals'

export interface Message {
  readonly id: number
  readonly severity: 'note' | 'error'
  readonly text: string
}
export const messages = signal<readonly Message[]>([])
let next = 1

export function say(severity: Message['severity'], text: string): void {
  if (messages.peek().some((m) => m.text === text)) return
  messages.value = [...messages.peek().slice(-2), { id: next++, severity, text }]
}
export function dismiss(id: number): void {
  messages.value = messages.peek().filter((m) => m.id !== id)
}

/** Names of errors are lost between threads; what counts is that the user or a newer request ended it. */
export const isAbort = (e: unknown): boolean => e instanceof Error && e.name === 'AbortError'

export const sentence = (e: unknown): string => {
  const text = e instanceof Error ? e.message : String(e)
  return /[.?]$/.test(text) ? text : `${text}.`
}

/** Runs a promise whose result nobody waits for; what goes wrong is said. */
export function handle(work: Promise<unknown>): void {
  work.catch((e: unknown) => {
    if (!isAbort(e)) say('error', sentence(e))
  })
}
