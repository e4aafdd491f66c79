// `ssh://user@host:port/path`: how a file on another machine is named wherever a file can be named.

import { InputError } from '../../workers/fault.js'

export interface RemoteAddress {
  /** As given: a name of the ssh configuration, a host name or an address. */
  readonly host: string
  /** null = what the configuration says, else the local user. */
  readonly user: string | null
  readonly port: number | null
  /** Absolute, or relative to the user's home (`ssh://host/~/traces` is `traces`); '' = the home itself. */
  readonly path: string
}

export const isRemote = (text: string): boolean => /^ssh:\/\//i.test(text)

/** Throws InputError for what is no such address. */
export function parseAddress(text: string): RemoteAddress {
  const match = /^ssh:\/\/(?:([^@/]*)@)?(\[[^\]]+\]|[^:/@[\]]+)(?::(\d{1,5}))?(\/.*)?$/i.exec(text)
  const port = match?.[3] === undefined ? null : Number(match[3])
  const user = match?.[1]
  if (!match || user === '' || user?.includes(':') || port === 0 || (port ?? 0) > 65535) {
    const why = user?.includes(':') ? ' (passwords are asked for, never written into it)' : ''
    throw new InputError(
      `${hidden(text)} is no address of a remote file: ssh://user@host:port/path is${why}.`,
      'bad-address',
    )
  }
  const path = decoded(match[4] ?? '')
  return {
    host: match[2]!.replace(/^\[|\]$/g, ''),
    user: user === undefined ? null : decoded(user),
    port,
    path: path === '/~' ? '' : path.startsWith('/~/') ? path.slice(3) : path,
  }
}

/** What stands where a password would is not repeated. */
const hidden = (text: string): string => text.replace(/^(ssh:\/\/[^:@/]*):[^@/]*@/i, '$1:…@')

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `user@host`, with the port where it is not 22. */
export function hostLabel({
  user,
  host,
  port,
}: {
  readonly user: string | null
  readonly host: string
  readonly port: number | null
}): string {
  const at = host.includes(':') ? `[${host}]` : host
  return `${user === null ? '' : `${user}@`}${at}${port === null || port === 22 ? '' : `:${port}`}`
}

export function formatAddress(address: RemoteAddress): string {
  const { path } = address
  const encoded = path.replace(/[%#?\s]/g, (c) => encodeURIComponent(c))
  return `ssh://${hostLabel(address)}${path === '' ? '/~' : path.startsWith('/') ? encoded : `/~/${encoded}`}`
}
