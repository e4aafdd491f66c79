import { parseArgs, type ParseArgsConfig } from 'node:util'
import { samplePaths } from '../samples.js'
import { UsageError } from './io.js'

type Options = NonNullable<ParseArgsConfig['options']>

interface Config<T extends Options> extends ParseArgsConfig {
  args: string[]
  options: T
  allowPositionals: true
  strict: true
}

/** parseArgs with our words: throws UsageError naming the option that is wrong. */
export function readArgs<T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<Config<T>>> {
  try {
    return parseArgs<Config<T>>({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const option = /'(-[^' ]*)/.exec(text)?.[1] ?? ''
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(`Unknown option ${option}.`, command)
    if (/argument missing|argument is ambiguous/.test(text)) throw new UsageError(`${option} needs a value.`, command)
    if (/does not take/.test(text)) throw new UsageError(`${option} takes no value.`, command)
    throw new UsageError(text, command)
  }
}

/** A whole number in min..max given as an option. */
export function integerOption(command: string, name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${name} takes a whole number from ${min} to ${max}, not "${text}".`, command)
  }
  return value
}

export const sampleOption = { sample: { type: 'string' } } as const satisfies Options

/** What `--sample` or the arguments name. Throws UsageError where both do, InputError for a sample that is not there. */
export async function namedPaths(
  command: string,
  sample: string | undefined,
  positionals: readonly string[],
): Promise<readonly string[]> {
  if (sample === undefined) return positionals
  if (positionals.length > 0) throw new UsageError('--sample and files exclude each other.', command)
  return samplePaths(sample)
}
