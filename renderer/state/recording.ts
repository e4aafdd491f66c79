// Recording this machine or another: what it allows, what is wished, and how the recording goes.

import { batch, computed, effect, signal } from '@preact/signals'
import type { Chosen } from '../host-api.js'
import {
  checkRecording,
  here,
  planRecording,
  recordRemote,
  remoteHosts,
  stopRecording,
  type RecordAllowed,
  type RecordGuest,
  type RecordPreset,
  type RemoteFile,
} from '../remote-api.js'
import { handle, isAbort, say } from './messages.js'
import { grow, type Growth } from './growing.js'
import { closeSession, openFiles } from './opening.js'
import { grown, type Strip } from './record-strip.js'
import {
  answering,
  busy,
  connectRemote,
  knownHosts,
  machine,
  openedFor,
  purpose,
  recordLive,
  remoteFault,
  remoteOpen,
  sourceOf,
  working,
} from './remote.js'
import { loading, session } from './session-state.js'

export const allowed = signal<RecordAllowed | null>(null)
/** With the commands for the clock and the guests that are chosen. */
export const recordPresets = signal<readonly RecordPreset[]>([])
export const recordPreset = signal('scheduler')
export const recordClock = signal('mono')
/** As typed; '' = until it is stopped. */
export const recordSeconds = signal('')
export const recordGuests = signal<readonly RecordGuest[]>([])
export const recordNotes = signal<readonly string[]>([])
/** How many events each CPU took so far, for each recorder that tells. */
export const recordStrips = signal<readonly Strip[]>([])
/** This machine is to be recorded, not the connected one. */
export const recordHere = signal(false)
export const phases = {
  starting: 'Starting',
  recording: 'Recording',
  writing: 'Writing the file',
  pause: 'Pause',
} as const
export const recordAt = computed(() => (recordHere.value ? here : machine.value))

effect(() => {
  // Another machine allows other things.
  void recordAt.value
  batch(() => {
    allowed.value = null
    recordGuests.value = []
    recordLive.value = null
  })
})

/** Opens the dialog at this machine: it is looked at, and nothing is recorded before the button is pressed. */
export async function showRecorder(): Promise<void> {
  if (recordLive.peek()) {
    remoteOpen.value = true
    return
  }
  batch(() => {
    remoteOpen.value = true
    openedFor.value = 'record'
    purpose.value = 'record'
    // Guests come and go between one look and the next.
    allowed.value = null
  })
  await chooseMachine(true)
}

/** @param here this machine, or else the one behind SSH, to be connected to where it is not yet */
export async function chooseMachine(here: boolean): Promise<void> {
  batch(() => {
    recordHere.value = here
    remoteFault.value = null
  })
  await showRecord()
  if (!here && !machine.peek()) knownHosts.value = await remoteHosts().catch(() => [])
}

/** Connects; a dialog that was opened to record goes on to that. */
export async function connectAndShow(address: string, path: string): Promise<void> {
  await connectRemote(address, path)
  if (machine.peek() && !remoteFault.peek() && openedFor.peek() === 'record') await showRecord()
}

/** The connected machine, beside its files. */
export const showRecordThere = (): Promise<void> => chooseMachine(false)

async function showRecord(): Promise<void> {
  purpose.value = 'record'
  const at = recordAt.peek()
  if (!at || allowed.peek()) return
  await working('Looking at what can be recorded', async (signal) => {
    const found = await checkRecording(at.machine, answering(signal), signal)
    const clocks = found.found.facts.traceClocks
    if (recordAt.peek() !== at) return
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

let plans = 0

/** Asks what would be run with other choices. */
export async function planAgain(): Promise<void> {
  const at = recordAt.peek()
  if (!at) return
  const mine = ++plans
  const found = await planRecording(at.machine, { clock: recordClock.peek(), guests: recordGuests.peek() })
  // Answers may overtake one another.
  if (mine === plans) recordPresets.value = found
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
  const at = recordAt.peek()
  if (!at) return
  recordNotes.value = []
  recordStrips.value = []
  const wish = {
    preset: recordPreset.peek(),
    clock: recordClock.peek(),
    seconds: secondsOf(recordSeconds.peek()),
    guests: recordGuests.peek().filter((g) => g.address.trim() !== ''),
  }
  await working('Recording', async (signal) => {
    const held: { growth: Growth | null } = { growth: null }
    try {
      const { folder, files } = await recordRemote(
        at.machine,
        wish,
        {
          ...answering(signal),
          live: (live) => {
            batch(() => {
              recordLive.value = live
              if (live.phase === 'recording') recordStrips.value = grown(recordStrips.peek(), live)
            })
            if (live.phase === 'recording')
              held.growth ??= grow(at, recordLive.peek.bind(recordLive), () => (remoteOpen.value = false))
          },
          note: (text) => (recordNotes.value = [...recordNotes.peek(), text]),
        },
        signal,
      )
      await openRecorded(held.growth, files, signal)
      for (const text of recordNotes.peek()) say('note', text)
      say('note', `The recording lies in ${folder}.`)
    } catch (e) {
      // What is shown of it goes with it.
      if (await held.growth?.stop()) await closeSession()
      remoteOpen.value = true
      throw e
    } finally {
      recordLive.value = null
      await held.growth?.close()
    }
  })
}

/** The recording takes the place of what is shown of it, or is opened. */
async function openRecorded(growth: Growth | null, files: readonly RemoteFile[], signal: AbortSignal): Promise<void> {
  const shown = await growth?.stop()
  // Whoever has opened something else meanwhile goes on with that.
  if (growth && shown === null && session.peek()) return
  remoteOpen.value = false
  const chosen = files.map((file): Chosen => ({ source: sourceOf(file), anchor: { kind: 'url', url: file.url } }))
  if (growth && shown) {
    const mine = new AbortController()
    signal.addEventListener('abort', () => mine.abort(), { once: true })
    loading.value = { title: 'Loading', progress: null, cancel: () => mine.abort() }
    try {
      return await growth.finish(chosen, mine.signal)
    } catch (e) {
      if (!isAbort(e)) throw e
      return await openFiles(chosen, { ask: true })
    } finally {
      loading.value = null
    }
  }
  await openFiles(chosen, { ask: false })
}

/** Ends the recording and keeps it. */
export async function endRecording(): Promise<void> {
  const at = recordAt.peek()
  if (at && busy.peek()) await stopRecording(at.machine)
}
