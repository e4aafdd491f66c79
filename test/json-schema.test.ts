import { expect, test } from 'vitest'
import { readSchema, violations } from './json-schema.js'

test('the validator finds each kind of violation', () => {
  const schema = {
    type: 'object',
    required: ['a'],
    additionalProperties: false,
    properties: {
      a: { type: 'integer', minimum: 1 },
      b: { type: 'array', items: { $ref: '#/$defs/word' } },
      c: { anyOf: [{ type: 'null' }, { const: 'x' }] },
      d: { enum: [1, 2] },
    },
    $defs: { word: { type: 'string', pattern: '^[a-z]+$' } },
  }
  expect(violations(schema, { a: 1, b: ['x'], c: null, d: 2 })).toEqual([])
  expect(violations(schema, { a: 0.5, b: ['X', 1], c: 'y', d: 3, e: 1 })).toEqual([
    '$.e is not in the schema',
    '$.a is number, not integer',
    '$.a is below 1',
    '$.b[0] does not match ^[a-z]+$',
    '$.b[1] is number, not string',
    '$.c matches none of the alternatives',
    '$.d is none of [1,2]',
  ])
  expect(violations(schema, {})).toEqual(['$.a is missing'])
  expect(() => violations({ maximum: 3 }, 4)).toThrow(/maximum/)
})

test.each(['info', 'clocks', 'event', 'error', 'fused', 'preemptions', 'runs', 'compare', 'aggregate'])(
  'the %s schema uses known keywords and refuses something',
  (name) => {
    expect(violations(readSchema(name), { no: 'such thing' })).not.toEqual([])
  },
)
