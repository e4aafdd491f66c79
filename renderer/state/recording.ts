// Recording another machine: what it allows, what is wished, and how the recording goes.

import { batch, effect, signal } from '@preact/signals'
import {
  checkRecording,
  planRecording,
  recordRemote,
  stopRecording,
  type RecordAllowed,
  type RecordGuest,
  type RecordPreset,
} from '../remote-api.js'
import { handle, say } from './messages.js'
import { openFiles } from './opening.js'
import { answering, busy, machine, purpose, recordLive, remoteOpen, sourceOf, working } from './remote.js'

export const allowed = signal<RecordAllowed | null>(null)
/** With the commands for the clock and the guests that are chosen. */
export const recordPresets = signal<readonly RecordPreset[]>([])
export const recordPreset = signal('scheduler')
export const recordClock = signal('mono')
/** As typed; '' = until it is stopped. */
export const recordSeconds = signal('')
export const recordGuests = signal<readonly RecordGuest[]>([])
export const recordNotes = signal<readonly string[]>([])

effect(() => {
  // Another machine allows other things.
  if (machine.value === null) {
    batch(() => {
      allowed.value = null
      recordGuests.value = []
      recordLive.value = null
    })
  }
})

export async function showRecord(): Promise<void> {
  purpose.value = 'record'
  const at = machine.peek()
  if (!at || allowed.peek()) return
  await working('Looking at what can be recorded', async (signal) => {
    const found = await checkRecording(at.machine, answering(signal), signal)
    const clocks = found.found.facts.traceClocks
    batch(() => {
      allowed.value = found
      recordPresets.value = found.presets
      recordClock.value = clocks.length === 0 || clocks.includes('mono') ? 'mono' : clocks[0]!
      if (!found.presets.some((p) => p.name === recordPreset.peek() && p.possible)) {
        recordPreset.value = found.presets.find((p) => p.possible)?.name ?? 'scheduler'
      }
    })
  })
}

/** Asks what would be run with other choices. */
export async function planAgain(): Promise<void> {
  const at = machine.peek()
  if (at)
    recordPresets.value = await planRecording(at.machine, { clock: recordClock.peek(), guests: recordGuests.peek() })
}

/** How a guest that runs there is recorded too; null = not at all. */
export function chooseGuest(name: string, how: RecordGuest['how'] | null, address: string): void {
  const others = recordGuests.peek().filter((g) => g.name !== name)
  recordGuests.value = how === null ? others : [...others, { name, how, address }]
  handle(planAgain())
}

/** Seconds as typed; null = until stopped, NaN = no length. */
export function secondsOf(text: string): number | null {
  const clean = text.trim().replace(',', '.')
  if (clean === '') return null
  return /^\d+(\.\d+)?$/.test(clean) && Number(clean) > 0 ? Number(clean) : NaN
}

export async function startRecording(): Promise<void> {
  const at = machine.peek()
  if (!at) return
  recordNotes.value = []
  const wish = {
    preset: recordPreset.peek(),
    clock: recordClock.peek(),
    seconds: secondsOf(recordSeconds.peek()),
    guests: recordGuests.peek().filter((g) => g.address.trim() !== ''),
  }
  await working('Recording', async (signal) => {
    try {
      const { folder, files } = await recordRemote(
        at.machine,
        wish,
        {
          ...answering(signal),
          live: (live) => (recordLive.value = live),
          note: (text) => (recordNotes.value = [...recordNotes.peek(), text]),
        },
        signal,
      )
      remoteOpen.value = false
      await openFiles(
        files.map((file) => ({ source: sourceOf(file), anchor: { kind: 'url', url: file.url } })),
        { ask: false },
      )
      say('note', `The recording lies in ${folder}.`)
    } finally {
      recordLive.value = null
    }
  })
}

/** Ends the recording and keeps it. */
export async function endRecording(): Promise<void> {
  const at = machine.peek()
  if (at && busy.peek()) await stopRecording(at.machine)
}
