// Numbers that must not be mixed up carry a brand; all brands are erased at run time.

declare const brand: unique symbol
type Branded<B extends string> = number & { readonly [brand]: B }

/** Time in session units (ns, or clock ticks where the clock has no known rate) since the session's epoch. Exact up to 2^53. */
export type SessionTime = Branded<'SessionTime'>
/** A file's own clock ticks since that file's epoch (TraceFileMeta.epoch), before any clock relation is applied. */
export type FileTicks = Branded<'FileTicks'>
/** Index of a machine in SessionInfo.machines. */
export type MachineIndex = Branded<'MachineIndex'>
/** Index of an event stream (one CPU of one buffer of one file) in SessionInfo.streams. */
export type StreamIndex = Branded<'StreamIndex'>
/** Index of an event in the merged, time-sorted order of the session, 0..count-1. What the user sees as "#". */
export type Position = Branded<'Position'>
/** Index of a row within a view (a filtered list of positions); equals Position for the unfiltered view. */
export type ViewRow = Branded<'ViewRow'>
/** Index into SessionInfo.eventTypes. */
export type EventTypeIndex = Branded<'EventTypeIndex'>

export const sessionTime = (n: number): SessionTime => n as SessionTime
export const position = (n: number): Position => n as Position
export const viewRow = (n: number): ViewRow => n as ViewRow
export const streamIndex = (n: number): StreamIndex => n as StreamIndex
export const machineIndex = (n: number): MachineIndex => n as MachineIndex
export const eventTypeIndex = (n: number): EventTypeIndex => n as EventTypeIndex
