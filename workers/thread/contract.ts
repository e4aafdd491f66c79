// What a screen or a command may ask of the engine. The engine implements it (workers/engine.ts); screens reach it through
// thread/web.ts, commands through thread/node.ts. Everything here is plain data that survives structured cloning.

import type { SourceRef } from '../bytes.js'
import type { Fault } from '../fault.js'
import type { ClockChoice, ClockHealth, ClockPlaces, ClockState } from './clocks.js'
import type { DeltaByLayer, DeltaQuery } from './delta.js'
import type { FusedLayers, FusedTotals, FusedTracks, PreemptionQuery, PreemptionReport, TimeRange } from './fused.js'
import type { EventDetails, EventRow, FilterSpec, SearchSpec, SearchState } from './events.js'
import type { FilesApi } from './files.js'
import type { ReportApi } from './report.js'
import type { RecordsApi } from './records.js'
import type { WakeupsApi } from './wakeups.js'
import type { RunsApi } from './runs.js'
import type { HoverInfo, LodFrame, LodQuery, Overview } from './timeline.js'
import type { EventTypeIndex, MachineIndex, Position, SessionTime, StreamIndex, ViewRow } from '../units.js'

export * from './clocks.js'
export * from './delta.js'
export * from './events.js'
export * from './fused.js'
export * from './files.js'
export * from './report.js'
export * from './records.js'
export * from './chains.js'
export * from './wakeups.js'
export * from './runs.js'
export * from './timeline.js'

export interface Progress {
  readonly phase: 'reading' | 'decoding' | 'merging' | 'indexing' | 'filtering' | 'searching' | 'writing' | 'analysing'
  readonly done: number
  readonly total: number
  /** What `done` and `total` count. */
  readonly unit: 'bytes' | 'events'
  readonly events?: number
}
export type OnProgress = (p: Progress) => void

// ---- before loading ----------------------------------------------------------------------------------------------------

export interface FileInfo {
  readonly file: number
  readonly name: string
  readonly size: number
  readonly format: string
  readonly version: string
  readonly compression: string
  readonly bigEndian: boolean
  readonly longSize: number
  readonly pageSize: number
  readonly clock: string
  readonly uname: string
  readonly tracerVersion: string
  /** Made by a program, not recorded: says its tracerVersion. */
  readonly generated: boolean
  readonly cpuCount: number
  /** 16 hex digits, null when the file has none. */
  readonly traceId: string | null
  readonly buffers: readonly {
    readonly name: string
    readonly clock: string
    readonly cpus: readonly number[]
    readonly bytes: number
  }[]
  readonly guests: readonly {
    readonly name: string
    readonly traceId: string
    readonly vcpus: readonly { readonly cpu: number; readonly tid: number }[]
  }[]
  readonly timeShift: {
    readonly peer: string
    readonly interpolate: boolean
    readonly samples: readonly number[]
    readonly repaired: boolean
  } | null
  readonly tsc2nsec: { readonly mult: number; readonly shift: number } | null
  /** Decimal ns. */
  readonly dateOffset: string
  readonly options: readonly {
    readonly id: number
    readonly name: string
    readonly size: number
    readonly known: boolean
  }[]
  /** First and last raw timestamp, decimal ticks; null when the file holds no events. */
  readonly span: { readonly first: string; readonly last: string } | null
  readonly machine: MachineIndex
}

export interface MachineInfo {
  readonly machine: MachineIndex
  /** 'host', the guest's name, or the file's name without extension. */
  readonly name: string
  readonly role: 'host' | 'guest' | 'alone'
  readonly parent: MachineIndex | null
  readonly files: readonly number[]
  readonly cpus: readonly number[]
  /** For guests: host thread per vCPU as the GUEST option says (tid -1 = not known). */
  readonly vcpus: readonly { readonly cpu: number; readonly tid: number }[]
  /** How it was paired: 'trace-id' (GUEST/TIME_SHIFT), 'time-shift', 'none' (not at all, or because the request says so). */
  readonly pairedBy: 'trace-id' | 'time-shift' | 'none'
}

/** The family tree: shown before anything is decoded. */
export interface Family {
  readonly files: readonly FileInfo[]
  readonly machines: readonly MachineInfo[]
  readonly faults: readonly Fault[]
}

// ---- the loaded session ------------------------------------------------------------------------------------------------

export interface DeclaredPair {
  readonly guest: number
  readonly host: number
}

/** Decimal ns (ticks): a value of the trace clock after the relation, or counted from the beginning of the recording. */
export interface WindowTime {
  readonly value: string
  readonly since: 'clock' | 'start'
}

/** A part of a recording's time, both ends included. */
export interface LoadWindow {
  readonly from: WindowTime
  readonly to: WindowTime
}

export interface OpenRequest {
  readonly sources: readonly SourceRef[]
  /** Per machine (index of Family.machines); absent = the best available. */
  readonly clocks?: Readonly<Record<number, ClockChoice>>
  /** Memory for the events' columns, bytes; absent = the door's default. */
  readonly budget?: number
  /** Assess the clocks after loading, and use what the events say for guests whose recorded relation they contradict. */
  readonly assess?: boolean
  /** Only events of this time are read and loaded; absent = all. Rejects with RequestError where the recording has none of it. */
  readonly window?: LoadWindow
  /** Recordings that are to be taken for a guest and its host though nothing in them says so; indices of `sources`. */
  readonly pair?: readonly DeclaredPair[]
  /**
   * The session that is open answers until this one is loaded, and stays where that fails; nothing partial is shown. For later
   * states of the same recording: both are in memory for that time.
   */
  readonly beside?: boolean
}

export interface StreamInfo {
  readonly stream: StreamIndex
  readonly file: number
  readonly machine: MachineIndex
  readonly buffer: string
  readonly cpu: number
  readonly count: number
  readonly lost: number
}

export interface EventTypeInfo {
  readonly type: EventTypeIndex
  readonly system: string
  readonly name: string
  readonly count: number
}

/** A row that the timeline can draw. Ids are stable between sessions of the same files: `m0/cpu1`, `m1/task/4711`. */
export interface TrackInfo {
  readonly id: string
  readonly kind: 'machine' | 'cpu' | 'task'
  readonly parent: string | null
  readonly machine: MachineIndex
  /** `CPU 3`, `bash-4711`, `host`. */
  readonly label: string
  readonly cpu?: number
  readonly pid?: number
  /**
   * Tasks that are in a container by what the recording says: path of its control group (cgroup_attach_task and
   * sched_process_fork), or its pid namespace. Absent where nothing says so.
   */
  readonly container?: string
  /** Events on the row. */
  readonly events: number
}

export interface SessionInfo {
  /** Changes whenever times or order change (other clock); views and searches of older versions are void. */
  readonly version: number
  readonly name: string
  readonly unit: 'ns' | 'ticks'
  /** Trace-clock value (after the relation) that SessionTime 0 stands for, decimal. */
  readonly epoch: string
  readonly from: SessionTime
  readonly to: SessionTime
  readonly count: number
  readonly files: readonly FileInfo[]
  readonly machines: readonly MachineInfo[]
  readonly streams: readonly StreamInfo[]
  readonly eventTypes: readonly EventTypeInfo[]
  readonly tracks: readonly TrackInfo[]
  readonly clocks: readonly ClockState[]
  readonly faults: readonly Fault[]
  readonly memory: { readonly bytes: number; readonly perEvent: number }
  /** Not everything was loaded: the sentence to show. */
  readonly partial: string | null
  /** The window that was asked for, and the time of the whole recording, as far as the files' heads tell. Absent = no window. */
  readonly window?: TimeRange & { readonly recorded: TimeRange }
}

/** The engine. One session at a time per engine. Every promise rejects with InputError, RequestError or the signal's reason. */
export interface EngineApi extends WakeupsApi, RecordsApi, RunsApi, ReportApi, FilesApi {
  /** Reads heads only. */
  inspect(sources: readonly SourceRef[], signal?: AbortSignal): Promise<Family>
  /** Loads; replaces the current session. `onPartial` is called as soon as, and whenever, more can be drawn while loading. */
  open(
    request: OpenRequest,
    onProgress?: OnProgress,
    onPartial?: (info: SessionInfo) => void,
    signal?: AbortSignal,
  ): Promise<SessionInfo>
  close(): Promise<void>
  /** Re-times one machine without decoding again. */
  setClock(machine: MachineIndex, choice: ClockChoice): Promise<SessionInfo>
  /** What the events say about a guest's clock. Rejects with RequestError for a machine that is no guest of an opened host. */
  clockHealth(machine: MachineIndex): Promise<ClockHealth>
  /** Where a guest's events would lie under another choice; nothing changes. For dragging. Rejects as clockHealth and setClock do. */
  clockPlaces(machine: MachineIndex, choice: ClockChoice): Promise<ClockPlaces>

  lod(query: LodQuery, signal?: AbortSignal): Promise<LodFrame>
  /** Rows of the fused views, for lod(), hover(), snap() and step(). Builds the fused model at first use after each re-timing. */
  fusedTracks(): Promise<FusedTracks>
  /** Who had the CPUs in a range, absent = all of it. */
  fusedTotals(range?: TimeRange): Promise<FusedTotals>
  preemptions(query: PreemptionQuery): Promise<PreemptionReport>
  /** What the time between two instants went to, layer by layer. Rejects with RequestError for a row that is none of these. */
  deltaByLayer(query: DeltaQuery): Promise<DeltaByLayer>
  /** What really ran at an instant, layer by layer. */
  layersAt(t: SessionTime): Promise<FusedLayers>
  overview(columns: number): Promise<Overview>
  /** What lies under the pointer: the span at `t`, and the nearest event of the row within `tolerance`. */
  hover(track: string, t: SessionTime, tolerance: number, view?: number): Promise<HoverInfo>
  /** Nearest span boundary or event of a row to `t` within `tolerance`, null if none: snapping. */
  snap(track: string, t: SessionTime, tolerance: number): Promise<SessionTime | null>
  /** Next (+1) or previous (-1) event of a row after/before a position (or time, when position is null). */
  step(
    track: string,
    from: { position: Position | null; t: SessionTime },
    direction: 1 | -1,
    view?: number,
  ): Promise<EventRow | null>

  /** Builds a view; view 0 always exists and holds everything. */
  createView(
    filter: FilterSpec,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<{ view: number; count: number }>
  dropView(view: number): Promise<void>
  /** Checks an expression without running it; throws RequestError with the column of the mistake. */
  checkExpression(expression: string): Promise<void>
  rows(view: number, start: ViewRow, count: number, signal?: AbortSignal): Promise<EventRow[]>
  /** First row of the view at or after `t`. */
  rowAtTime(view: number, t: SessionTime): Promise<ViewRow>
  /** Row of a position in the view: exact, or the nearest after it. */
  rowOf(view: number, position: Position): Promise<{ row: ViewRow; exact: boolean }>
  details(position: Position, signal?: AbortSignal): Promise<EventDetails>

  /** Scans the view for at most `limitMs`, nearest to `from` first forward then from the start; call searchMore to go on. */
  search(view: number, spec: SearchSpec, from: ViewRow, limitMs: number, signal?: AbortSignal): Promise<SearchState>
  searchMore(search: number, limitMs: number, signal?: AbortSignal): Promise<SearchState>
  /** Next (+1) or previous (-1) match from a view row (exclusive), wrapping round; null when there is none so far. */
  searchStep(search: number, from: ViewRow, direction: 1 | -1): Promise<{ row: ViewRow; position: Position } | null>
  /** Matches found so far in each of `columns` equal parts of from..to. */
  searchDensity(search: number, from: SessionTime, to: SessionTime, columns: number): Promise<Uint32Array>
}
