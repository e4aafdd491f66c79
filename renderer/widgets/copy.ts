import { say, sentence } from '../state/messages.js'

/** Puts text on the clipboard; says so when the browser refuses. */
export function copyText(text: string): void {
  navigator.clipboard.writeText(text).catch((e: unknown) => say('error', `Nothing was copied: ${sentence(e)}`))
}
