// Text of trace.dat events: formats, info column, fields, stacks, latency columns, and the tables of names beside them.

export type { TextContext } from './context.js'
export { readField } from './fields.js'
export { parseEventFormat, type EventFormat, type FieldFormat } from './format.js'
export { latencyText } from './latency.js'
export { allFields, renderInfo } from './render.js'
export { stackOf } from './stack.js'
export { parseCmdlines, parseKallsyms, parsePrintk, SymbolTable } from './symbols.js'
