// Machines as the local server reaches them: others, and its own. What the user types goes straight into an answer and is kept nowhere here.

export interface KnownHost {
  readonly name: string
  /** `user@host:port` behind the name. */
  readonly leads: string
}

export type Question =
  | {
      readonly kind: 'host-key'
      readonly host: string
      readonly type: string
      readonly fingerprint: string
      readonly file: string
    }
  | {
      readonly kind: 'secret'
      readonly what: 'password' | 'passphrase' | 'answer'
      readonly host: string
      readonly text: string
      readonly echo: boolean
      readonly again: boolean
      /** The answer may be kept in the system's key store, if the user wishes. */
      readonly keepable?: true
    }

/** null = no answer. */
export type Answer = string | boolean | null | { readonly text: string; readonly keep: boolean }

export interface RemoteMachine {
  /** Names the connection to the server. */
  readonly machine: string
  /** `root@lab1:22`, to be shown. */
  readonly label: string
  /** `ssh://…` without a path: how it is found again. */
  readonly address: string
}

export interface RemoteEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'other'
  readonly size: number
  /** ms since 1970. */
  readonly modified: number
  /** Format of a trace, null = none. */
  readonly format: string | null
}

export interface Listing {
  readonly path: string
  readonly entries: readonly RemoteEntry[]
}

export interface RemoteFile {
  readonly name: string
  readonly size: number
  readonly url: string
}

export interface CopyProgress {
  readonly phase: 'copying' | 'broken' | 'checking'
  readonly done: number
  readonly total: number
  /** Bytes a second. */
  readonly speed: number
  /** Seconds. */
  readonly left: number | null
  readonly packed: boolean
}

/** An error that the server states by a sentence. */
export class RemoteError extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message)
  }
}

interface ErrorBody {
  readonly code?: string
  readonly message?: string
}

const failure = (error: ErrorBody | undefined, status: number): RemoteError =>
  new RemoteError(error?.message ?? `The local server answered ${status}.`, error?.code ?? 'internal')

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(`/api/remote${path}`, init)
  if (answer.ok) return answer
  const body = (await answer.json().catch(() => ({}))) as { error?: ErrorBody }
  throw failure(body.error, answer.status)
}

const post = (path: string, body: unknown, signal?: AbortSignal): Promise<Response> =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  })

type Line = { readonly type: string; readonly error?: ErrorBody }

/** Lines of JSON as they come; one of type `error` is thrown. */
async function* linesOf<T extends Line>(answer: Response): AsyncGenerator<T> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const parts = (rest + value).split('\n')
    rest = parts.pop()!
    for (const text of parts) {
      const line = JSON.parse(text) as T
      if (line.type === 'error') throw failure(line.error, answer.status)
      yield line
    }
  }
}

export const remoteHosts = async (): Promise<readonly KnownHost[]> =>
  (await (await ask('/hosts')).json()) as readonly KnownHost[]

type AskLine =
  | { readonly type: 'question'; readonly id: string; readonly question: Question }
  | { readonly type: 'note'; readonly sentence: string }

/** What the local server says to the user on the way. */
export interface Asked {
  readonly answer: (question: Question) => Promise<Answer>
  /** One sentence. */
  readonly note: (sentence: string) => void
}

type ConnectLine = AskLine | ({ readonly type: 'connected' } & RemoteMachine)

/**
 * Connects; `asked` gets the questions on the way.
 * @param address `user@host:port`, a name of the ssh configuration, or ssh://…
 */
export async function connectTo(address: string, asked: Asked, signal: AbortSignal): Promise<RemoteMachine> {
  for await (const line of linesOf<ConnectLine>(await post('/connect', { address }, signal))) {
    if (line.type === 'connected') return { machine: line.machine, label: line.label, address: line.address }
    await reply(line, asked, signal)
  }
  throw new RemoteError('The connection was given up.', 'connection-lost')
}

async function reply(line: AskLine, asked: Asked, signal: AbortSignal): Promise<void> {
  if (line.type === 'note') asked.note(line.sentence)
  else await post(`/answers/${line.id}`, { value: await asked.answer(line.question) }, signal)
}

/** Forgets what is kept in the system's key store; gives how many there were. */
export const forgetSecrets = async (): Promise<number> =>
  ((await (await ask('/secrets', { method: 'DELETE' })).json()) as { forgotten: number }).forgotten

export const disconnect = async (machine: string): Promise<void> =>
  void (await ask(`/machines/${machine}`, { method: 'DELETE' }))

export const listRemote = async (machine: string, path: string, signal: AbortSignal): Promise<Listing> =>
  (await (await ask(`/machines/${machine}/list?path=${encodeURIComponent(path)}`, { signal })).json()) as Listing

/** Makes a file readable where it is. */
export const placeRemote = async (machine: string, path: string, signal?: AbortSignal): Promise<RemoteFile> =>
  (await (await post(`/machines/${machine}/place`, { path }, signal)).json()) as RemoteFile

type CopyLine =
  { readonly type: 'progress'; readonly progress: CopyProgress } | { readonly type: 'done'; readonly file: RemoteFile }

/** Copies a file into the cache of this machine; what has come stays when it is cancelled, and is gone on with. */
export async function copyRemote(
  machine: string,
  path: string,
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<RemoteFile> {
  for await (const line of linesOf<CopyLine>(await post(`/machines/${machine}/fetch`, { path }, signal))) {
    if (line.type === 'done') return line.file
    onProgress(line.progress)
  }
  throw new RemoteError('The copy broke off.', 'connection-lost')
}

/** The machine that Remora runs on, as one that can be recorded. */
export const here: RemoteMachine = { machine: 'here', label: 'This machine', address: '' }

// ---- recording ---------------------------------------------------------------------------------------------------------

export interface RecordCheck {
  readonly name: string
  readonly state: 'yes' | 'partly' | 'no'
  readonly sentence: string
}

export interface RecordFacts {
  readonly kernel: string
  readonly root: boolean
  readonly cpus: number
  readonly traceClocks: readonly string[]
  readonly guests: readonly {
    readonly name: string
    readonly vcpus: readonly { readonly cpu: number; readonly tid: number }[]
    readonly cid: number | null
  }[]
}

export interface RecordPreset {
  readonly name: string
  readonly title: string
  /** What would be run; the reason where it cannot be. */
  readonly how: readonly string[]
  readonly possible: boolean
}

export interface RecordGuest {
  readonly name: string
  readonly how: 'ssh' | 'agent'
  readonly address: string
}

export interface RecordWish {
  readonly preset: string
  readonly clock: string
  /** null = until it is stopped. */
  readonly seconds: number | null
  readonly guests: readonly RecordGuest[]
}

/** What the ring buffers have taken since the recording began, read in one go. */
export interface RecordCounts {
  /** ms */
  readonly at: number
  readonly cpus: readonly { readonly cpu: number; readonly events: number; readonly lost: number }[]
}

export interface RecordLive {
  readonly phase: 'starting' | 'recording' | 'writing' | 'pause'
  readonly seconds: number
  readonly recorders: readonly {
    readonly label: string
    readonly figures: {
      readonly events: number | null
      readonly perSecond: number | null
      readonly lost: number | null
      /** Fullest ring buffer, 0..1. */
      readonly fill: number | null
      readonly bytes: number | null
    }
    /** null = not known, or not yet. */
    readonly counts: RecordCounts | null
  }[]
}

export interface RecordAllowed {
  readonly found: { readonly facts: RecordFacts; readonly checks: readonly RecordCheck[] }
  readonly presets: readonly RecordPreset[]
}

/** What a machine allows to be recorded. */
export async function checkRecording(machine: string, asked: Asked, signal: AbortSignal): Promise<RecordAllowed> {
  type CheckLine = AskLine | ({ readonly type: 'checked' } & RecordAllowed)
  for await (const line of linesOf<CheckLine>(await post(`/machines/${machine}/record/check`, {}, signal))) {
    if (line.type === 'checked') return { found: line.found, presets: line.presets }
    await reply(line, asked, signal)
  }
  throw new RemoteError('The machine did not tell what can be recorded.', 'connection-lost')
}

/** What would be run for each preset. */
export const planRecording = async (
  machine: string,
  plan: Pick<RecordWish, 'clock' | 'guests'>,
): Promise<readonly RecordPreset[]> =>
  (await (await post(`/machines/${machine}/record/plan`, plan)).json()) as readonly RecordPreset[]

/** Records; what was recorded is here when this resolves. Aborting ends the recording too, and loses sight of it. */
export async function recordRemote(
  machine: string,
  wish: RecordWish,
  on: Asked & { readonly live: (live: RecordLive) => void },
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly files: readonly RemoteFile[] }> {
  type RecordLine =
    | AskLine
    | { readonly type: 'live'; readonly live: RecordLive }
    | { readonly type: 'done'; readonly folder: string; readonly files: readonly RemoteFile[] }
  for await (const line of linesOf<RecordLine>(await post(`/machines/${machine}/record`, wish, signal))) {
    if (line.type === 'done') return line
    if (line.type === 'live') on.live(line.live)
    else await reply(line, on, signal)
  }
  throw new RemoteError('The recording broke off.', 'connection-lost')
}

export const stopRecording = async (machine: string): Promise<void> =>
  void (await post(`/machines/${machine}/record/stop`, {}))

export interface RecordedSoFar {
  /** None = nothing yet, or nothing any more. */
  readonly files: readonly RemoteFile[]
  /** Value of the host's trace clock from which nothing is lacking, decimal; null = all of it is there. */
  readonly since: string | null
  readonly notes: readonly string[]
}

/** Files of what is recorded so far, about `limit` bytes at most. They can be read until two later ones were asked for. */
export const recordedSoFar = async (machine: string, limit: number, signal: AbortSignal): Promise<RecordedSoFar> =>
  (await (await post(`/machines/${machine}/record/so-far`, { limit }, signal)).json()) as RecordedSoFar

/** The files of `recordedSoFar` are not looked at any more. */
export const letSoFarGo = async (machine: string): Promise<void> =>
  void (await ask(`/machines/${machine}/record/so-far`, { method: 'DELETE' }))
