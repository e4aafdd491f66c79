// ~/.ssh/config as OpenSSH reads it: the first value found for a host wins, but for IdentityFile, where all count.
// Reference: ssh_config(5).

import { readdir, readFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'

/** What is needed to reach one host. */
export interface HostConfig {
  /** As it was asked for. */
  readonly alias: string
  readonly hostName: string
  readonly user: string
  readonly port: number
  /** Absolute; those of the configuration, else the usual ones. */
  readonly identityFiles: readonly string[]
  /** Only these keys are offered, none that the agent has besides. */
  readonly identitiesOnly: boolean
  /** Socket of the agent; null = none. */
  readonly agent: string | null
  /** `user@host:port,…`, null = none. */
  readonly proxyJump: string | null
  readonly proxyCommand: string | null
  readonly userKnownHosts: readonly string[]
  readonly globalKnownHosts: readonly string[]
  /** Name under which the host's key is known; null = its host name. */
  readonly hostKeyAlias: string | null
  readonly hashKnownHosts: boolean
  readonly strictHostKeys: 'ask' | 'yes' | 'no' | 'accept-new'
  /** Seconds; 0 = the system's own. */
  readonly connectTimeout: number
  /** Seconds between signs of life that are asked of the host; 0 = none. */
  readonly aliveInterval: number
  readonly aliveCountMax: number
}

/** A line of the files, with all the conditions under which it counts. */
interface Line {
  readonly when: readonly Condition[]
  readonly key: string
  readonly values: readonly string[]
}
type Condition = (who: { readonly host: string; readonly user: string | null; readonly original: string }) => boolean

export interface ConfigPlaces {
  readonly home?: string
  /** In order; absent = the user's and the system's. */
  readonly files?: readonly string[]
}

const MOST_INCLUDES = 16

export class SshConfig {
  private constructor(
    private readonly lines: readonly Line[],
    /** Names of single hosts, in order of appearance. */
    readonly hosts: readonly string[],
    private readonly home: string,
  ) {}

  /** Reads the files that are there. Those that may not be read count as empty, as for ssh. */
  static async read({ home = homedir(), files }: ConfigPlaces = {}): Promise<SshConfig> {
    const lines: Line[] = []
    const hosts: string[] = []
    const named = (name: string): unknown => hosts.includes(name) || hosts.push(name)
    const places = files ?? [join(home, '.ssh/config'), '/etc/ssh/ssh_config']
    for (const file of places) {
      const user = file.startsWith(home)
      await readInto(file, [], { lines, named, base: user ? join(home, '.ssh') : '/etc/ssh', home, depth: 0 })
    }
    return new SshConfig(lines, hosts, home)
  }

  /** What the files say about a host, as given by the user, who may name a user and a port besides. */
  resolve(alias: string, given: { readonly user?: string | null; readonly port?: number | null } = {}): HostConfig {
    const found = new Map<string, readonly string[]>()
    const identityFiles: string[] = []
    for (const { when, key, values } of this.lines) {
      const host = found.get('hostname')?.[0]?.replaceAll('%h', alias) ?? alias
      const user = given.user ?? found.get('user')?.[0] ?? null
      if (!when.every((holds) => holds({ host, user, original: alias }))) continue
      if (key === 'identityfile') identityFiles.push(values[0]!)
      else if (!found.has(key)) found.set(key, values)
    }
    const one = (key: string): string | null => found.get(key)?.[0] ?? null
    const all = (key: string): readonly string[] | null => found.get(key) ?? null
    const yes = (key: string): boolean => /^(yes|true)$/i.test(one(key) ?? '')
    const number = (key: string, otherwise: number): number => Number(/^\d+/.exec(one(key) ?? '')?.[0] ?? otherwise)
    const hostName = (one('hostname') ?? alias).replaceAll('%h', alias).replaceAll('%%', '%')
    const user = given.user ?? one('user') ?? localUser()
    const port = given.port ?? number('port', 22)
    const expand = (text: string): string => this.#expand(text, { alias, hostName, user, port })
    const paths = (list: readonly string[]): string[] => list.map(expand).filter((p) => p !== 'none')
    const agent = one('identityagent')
    const jump = one('proxyjump')
    const command = all('proxycommand')?.join(' ') ?? null
    const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(this.home, '.ssh', name))
    return {
      alias,
      hostName,
      user,
      port,
      identityFiles: identityFiles.length > 0 ? paths(identityFiles) : usual,
      identitiesOnly: yes('identitiesonly'),
      agent: this.#agent(agent, expand),
      proxyJump: jump === null || /^none$/i.test(jump) ? null : jump,
      proxyCommand: command === null || /^none$/i.test(command) || jump !== null ? null : command,
      userKnownHosts: paths(all('userknownhostsfile') ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
      globalKnownHosts: paths(all('globalknownhostsfile') ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
      hostKeyAlias: one('hostkeyalias'),
      hashKnownHosts: yes('hashknownhosts'),
      strictHostKeys: strictness(one('stricthostkeychecking')),
      connectTimeout: number('connecttimeout', 20),
      aliveInterval: number('serveraliveinterval', 15),
      aliveCountMax: number('serveralivecountmax', 3),
    }
  }

  #agent(value: string | null, expand: (text: string) => string): string | null {
    if (value === null || value === 'SSH_AUTH_SOCK') return process.env.SSH_AUTH_SOCK || null
    if (/^none$/i.test(value)) return null
    return value.startsWith('$') ? process.env[value.slice(1)] || null : expand(value)
  }

  #expand(text: string, at: { alias: string; hostName: string; user: string; port: number }): string {
    const tokens: Readonly<Record<string, string>> = {
      d: this.home,
      h: at.hostName,
      n: at.alias,
      p: String(at.port),
      r: at.user,
      u: localUser(),
      '%': '%',
    }
    const plain = text
      .replace(/\$\{(\w+)\}/g, (_, name: string) => process.env[name] ?? '')
      .replace(/%([dhnpru%])/g, (_, token: string) => tokens[token]!)
    if (plain === '~' || plain.startsWith('~/')) return join(this.home, plain.slice(1))
    return isAbsolute(plain) || plain === 'none' ? plain : join(this.home, '.ssh', plain)
  }
}

/** Who runs this; containers may run users that no list names. */
function localUser(): string {
  try {
    return userInfo().username
  } catch {
    return process.env.USER || process.env.LOGNAME || 'root'
  }
}

function strictness(value: string | null): HostConfig['strictHostKeys'] {
  const v = value?.toLowerCase()
  if (v === 'yes' || v === 'accept-new') return v
  return v === 'no' || v === 'off' ? 'no' : 'ask'
}

interface Reading {
  readonly lines: Line[]
  readonly named: (host: string) => unknown
  /** Where relative includes lie. */
  readonly base: string
  readonly home: string
  readonly depth: number
}

async function readInto(file: string, outer: readonly Condition[], reading: Reading): Promise<void> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return
  }
  let when = outer
  for (const raw of text.split(/\r?\n/)) {
    const [key, ...values] = words(raw)
    if (key === undefined || values.length === 0) continue
    if (key === 'host') {
      for (const v of values) if (!/[*?!]/.test(v)) reading.named(v)
      when = [...outer, ({ original }) => matchesList(values, original)]
    } else if (key === 'match') {
      when = [...outer, matchCondition(values)]
    } else if (key === 'include') {
      if (reading.depth >= MOST_INCLUDES) continue
      for (const pattern of values) {
        for (const path of await globbed(pattern, reading))
          await readInto(path, when, { ...reading, depth: reading.depth + 1 })
      }
    } else {
      reading.lines.push({ when, key, values })
    }
  }
}

/** `Key value "value two"`, `Key=value`; comments and blanks are nothing. */
function words(line: string): string[] {
  const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line)
  if (!match) return []
  const values = [...match[2]!.matchAll(/"([^"]*)"|(#.*)|(\S+)/g)]
  const comment = values.findIndex((m) => m[2] !== undefined)
  return [match[1]!.toLowerCase(), ...(comment < 0 ? values : values.slice(0, comment)).map((m) => m[1] ?? m[3] ?? '')]
}

/** Match lines of all, host, originalhost, user and localuser; others (exec, canonical, final, …) never hold here. */
function matchCondition(values: readonly string[]): Condition {
  const tests: Condition[] = []
  for (let i = 0; i < values.length; i++) {
    const what = values[i]!.toLowerCase()
    if (what === 'all') continue
    const patterns = (values[++i] ?? '').split(',')
    if (what === 'host') tests.push(({ host }) => matchesList(patterns, host))
    else if (what === 'originalhost') tests.push(({ original }) => matchesList(patterns, original))
    else if (what === 'user') tests.push(({ user }) => matchesList(patterns, user ?? localUser()))
    else if (what === 'localuser') tests.push(() => matchesList(patterns, localUser()))
    else tests.push(() => false)
  }
  return (who) => tests.every((holds) => holds(who))
}

/** Whether one of the patterns fits and none of those with a `!` does. */
export function matchesList(patterns: readonly string[], text: string): boolean {
  let found = false
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matches(pattern.slice(1), text)) return false
    } else if (matches(pattern, text)) found = true
  }
  return found
}

function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'i').test(text)
}

/** Files that an Include means: a path with wildcards in its last part, relative to the place of the configuration. */
async function globbed(pattern: string, { base, home }: Reading): Promise<string[]> {
  const path = pattern.startsWith('~/')
    ? join(home, pattern.slice(2))
    : isAbsolute(pattern)
      ? pattern
      : join(base, pattern)
  if (!/[*?]/.test(basename(path))) return [path]
  try {
    const names = await readdir(dirname(path))
    return names
      .filter((n) => !n.startsWith('.') && matches(basename(path), n))
      .sort()
      .map((n) => join(dirname(path), n))
  } catch {
    return []
  }
}
