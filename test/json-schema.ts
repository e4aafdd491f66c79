// A small JSON Schema (2020-12) validator for the schemas under docs/schema. It knows the keywords they use and throws on any
// other, so that no keyword is taken for checked when it is not.

import { readFileSync } from 'node:fs'

interface Schema {
  readonly [keyword: string]: unknown
}

const annotations = new Set(['$schema', '$id', '$defs', 'title', 'description'])
const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'number' ? 'number' : typeof value
const isObject = (value: unknown): value is Record<string, unknown> => typeOf(value) === 'object'

/** Reads docs/schema/`name`.schema.json. */
export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`../docs/schema/${name}.schema.json`, import.meta.url), 'utf8')) as Schema
}

type Test = (want: never, value: unknown, at: string, schema: Schema, check: Check) => string[]
type Check = (schema: Schema, value: unknown, at: string) => string[]

const when = (broken: boolean, sentence: string): string[] => (broken ? [sentence] : [])

const keywords: Readonly<Record<string, Test>> = {
  type: (want: string | string[], v, at) => {
    const types = [want].flat()
    const ok = types.includes(typeOf(v)) || (types.includes('integer') && Number.isInteger(v))
    return when(!ok, `${at} is ${typeOf(v)}, not ${types.join(' or ')}`)
  },
  const: (want: unknown, v, at) => when(v !== want, `${at} is not ${JSON.stringify(want)}`),
  enum: (want: unknown[], v, at) => when(!want.includes(v), `${at} is none of ${JSON.stringify(want)}`),
  minimum: (want: number, v, at) => when(typeof v === 'number' && v < want, `${at} is below ${want}`),
  pattern: (want: string, v, at) =>
    when(typeof v === 'string' && !new RegExp(want, 'u').test(v), `${at} does not match ${want}`),
  required: (want: string[], v, at) =>
    isObject(v) ? want.filter((key) => !(key in v)).map((key) => `${at}.${key} is missing`) : [],
  properties: (want: Record<string, Schema>, v, at, _, check) =>
    isObject(v)
      ? Object.entries(want).flatMap(([key, schema]) => (key in v ? check(schema, v[key], `${at}.${key}`) : []))
      : [],
  additionalProperties: (want: boolean | Schema, v, at, schema, check) => {
    if (!isObject(v)) return []
    const named = Object.keys((schema.properties ?? {}) as object)
    return Object.keys(v)
      .filter((key) => !named.includes(key))
      .flatMap((key) => {
        if (typeof want === 'object') return check(want, v[key], `${at}.${key}`)
        return when(!want, `${at}.${key} is not in the schema`)
      })
  },
  items: (want: Schema, v, at, _, check) =>
    Array.isArray(v) ? v.flatMap((item, i) => check(want, item, `${at}[${i}]`)) : [],
  anyOf: (want: Schema[], v, at, _, check) =>
    when(!want.some((schema) => check(schema, v, at).length === 0), `${at} matches none of the alternatives`),
}

/** Everything about `value` that the schema does not allow, one sentence each; empty = valid. */
export function violations(root: Schema, value: unknown): string[] {
  const check: Check = (schema, v, at) =>
    Object.entries(schema).flatMap(([keyword, want]) => {
      if (annotations.has(keyword)) return []
      if (keyword === '$ref') return check(resolve(root, String(want)), v, at)
      const test = keywords[keyword]
      if (!test) throw new Error(`the schema keyword ${keyword} is not known to this validator`)
      return test(want as never, v, at, schema, check)
    })
  return check(root, value, '$')
}

function resolve(root: Schema, reference: string): Schema {
  const name = /^#\/\$defs\/(\w+)$/.exec(reference)?.[1]
  const found = name === undefined ? undefined : (root.$defs as Record<string, Schema> | undefined)?.[name]
  if (!found) throw new Error(`the schema reference ${reference} leads nowhere`)
  return found
}
