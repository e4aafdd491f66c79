// One SSH connection, from a name to a channel: through jump hosts, past the host's key, logged in.

import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Client, type ServerHostKeyAlgorithm } from 'ssh2'
import { InputError } from '../../workers/fault.js'
import { hostLabel, parseAddress, type RemoteAddress } from './address.js'
import type { Asker } from './ask.js'
import { addKnownHost, fingerprint, hostId, keyType, KnownHosts } from './known-hosts.js'
import { GaveUp, Login } from './login.js'
import type { Secrets } from './secrets.js'
import type { HostConfig, SshConfig } from './ssh-config.js'

export interface ConnectOptions {
  readonly config: SshConfig
  readonly asker: Asker
  /** A machine that is connected already, and that reaches those which no ProxyJump leads to: its guests. */
  readonly via?: () => Promise<Connected>
  /** Kept for when the connection must be made again, one for each host on the way. */
  readonly secrets: (host: string) => Secrets
  readonly signal?: AbortSignal
}

/** A client that is logged in, with those of the jump hosts before it. */
export interface Connected {
  readonly client: Client
  /** `user@host:port`. */
  readonly label: string
  readonly hostConfig: HostConfig
  /** Ends it and the way to it. */
  end(): void
}

const MOST_JUMPS = 8

/** Rejects with InputError (one sentence naming host and step), or with the signal's reason. */
export async function connect(
  target: Pick<RemoteAddress, 'host' | 'user' | 'port'>,
  options: ConnectOptions,
  depth = 0,
): Promise<Connected> {
  const { config, signal } = options
  const host = config.resolve(target.host, target)
  const label = hostLabel({ user: host.user, host: target.host, port: host.port })
  if (depth > MOST_JUMPS) throw new InputError(`The jump hosts of ${label} lead in a circle.`, 'no-connection')
  if (host.proxyCommand !== null) {
    throw new InputError(
      `The ssh configuration reaches ${label} by a ProxyCommand, which Remora does not run; a ProxyJump can be used.`,
      'proxy-command',
    )
  }
  signal?.throwIfAborted()
  const way = await wayTo(host, label, options, depth)
  try {
    const client = await login(host, label, way.socket, options)
    const end = (): void => {
      client.end()
      client.destroy()
      way.end()
    }
    client.once('close', () => way.end())
    return { client, label, hostConfig: host, end }
  } catch (e) {
    way.end()
    signal?.throwIfAborted()
    throw e
  }
}

interface Way {
  readonly socket: Duplex
  end(): void
}

/** A socket to the host's port: direct, or through the hosts of ProxyJump. */
async function wayTo(host: HostConfig, label: string, options: ConnectOptions, depth: number): Promise<Way> {
  const { hostName, port, proxyJump } = host
  if (proxyJump === null && options.via) {
    const { client, label: host } = await options.via()
    const socket = await forward(client, host, hostName, port)
    return { socket, end: () => socket.destroy() }
  }
  if (proxyJump === null) {
    const socket = await openSocket(hostName, port, host.connectTimeout, label, options.signal)
    return { socket, end: () => socket.destroy() }
  }
  // A way that is named is the whole way.
  const { via: _via, ...own } = options
  const hops = proxyJump.split(',')
  const last = parseAddress(/^ssh:/i.test(hops.at(-1)!) ? hops.at(-1)! : `ssh://${hops.at(-1)!.trim()}`)
  const before = hops.slice(0, -1).join(',')
  const jump = await connect(
    last,
    before === '' ? own : { ...own, config: jumpingBy(options.config, last.host, before) },
    depth + 1,
  )
  try {
    const socket = await forward(jump.client, jump.label, hostName, port)
    return { socket, end: () => jump.end() }
  } catch (e) {
    jump.end()
    throw e
  }
}

/** A channel to a port that the other machine reaches. */
function forward(client: Client, label: string, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (!error) resolve(channel)
      else reject(new InputError(`${label} does not reach ${host} port ${port}: ${reason(error)}.`, 'no-connection'))
    })
  })
}

/** The configuration with another way to one host. */
function jumpingBy(config: SshConfig, host: string, jumps: string): SshConfig {
  return Object.assign(Object.create(config) as SshConfig, {
    resolve: (alias: string, given?: Parameters<SshConfig['resolve']>[1]): HostConfig => {
      const found = config.resolve(alias, given)
      return alias === host ? { ...found, proxyJump: jumps } : found
    },
  })
}

function openSocket(host: string, port: number, seconds: number, label: string, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true })
    const stop = (): void => void socket.destroy(signal?.reason instanceof Error ? signal.reason : undefined)
    const timer =
      seconds > 0 ? setTimeout(() => socket.destroy(new Error(`no answer in ${seconds} s`)), seconds * 1000) : undefined
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    signal?.addEventListener('abort', stop, { once: true })
    socket.once('connect', () => {
      settle()
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (e: NodeJS.ErrnoException) => {
      settle()
      reject(new InputError(`${label} cannot be reached${at(host, port)}: ${socketReason(e)}.`, 'no-connection'))
    })
  })
}

const at = (host: string, port: number): string => ` (${host} port ${port})`

function socketReason(e: NodeJS.ErrnoException): string {
  if (e.code === 'ECONNREFUSED') return 'nothing listens there'
  if (e.code === 'ENOTFOUND' || e.code === 'EAI_AGAIN') return 'its name is not known'
  if (e.code === 'EHOSTUNREACH' || e.code === 'ENETUNREACH') return 'no route leads there'
  if (e.code === 'ETIMEDOUT') return 'no answer'
  return e.message.replace(/\.$/, '')
}

const reason = (e: unknown): string => (e instanceof Error ? e.message : String(e)).replace(/\.$/, '')

/** Algorithms of host keys, best first; what a host is known by goes before. */
const keyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]
const algorithmsOf = (type: string): readonly string[] =>
  type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]

/** Between the first byte and the end of the key exchange. */
const HANDSHAKE_MS = 20_000

async function login(host: HostConfig, label: string, socket: Duplex, options: ConnectOptions): Promise<Client> {
  const { asker, signal } = options
  const secrets = options.secrets(label)
  const id = hostId(host.hostKeyAlias ?? host.hostName, host.hostKeyAlias === null ? host.port : 22)
  const known = await KnownHosts.read([...host.userKnownHosts, ...host.globalKnownHosts])
  const first = known.typesOf(id).flatMap(algorithmsOf)
  const serverHostKey = [...new Set([...keyAlgorithms.filter((a) => first.includes(a)), ...keyAlgorithms])]
  if (socket.destroyed) throw new InputError(`${label} closed the connection at once.`, 'no-connection')
  const entry = new Login(host, label, asker, secrets)
  const client = new ssh2.Client()
  let refusal: Error | null = null

  const verify = async (key: Buffer): Promise<boolean> => {
    try {
      await judgeKey(key, id, host, label, known, asker)
      secrets.belongTo(host.user, id, fingerprint(key))
      return true
    } catch (e) {
      refusal = e as Error
      return false
    }
  }

  return new Promise<Client>((resolve, reject) => {
    let asking = false
    const timer = setTimeout(() => {
      if (!asking)
        fail(
          new InputError(
            `${label} does not speak SSH, or is too slow: no key exchange in ${HANDSHAKE_MS / 1000} s.`,
            'no-connection',
          ),
        )
    }, HANDSHAKE_MS)
    const stop = (): void => fail(signal?.reason)
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const fail = (e: unknown): void => {
      settle()
      reject(e instanceof Error ? e : new Error(String(e)))
      client.destroy()
    }
    signal?.addEventListener('abort', stop, { once: true })
    client.on('handshake', () => clearTimeout(timer))
    client.once('ready', () => {
      settle()
      client.removeAllListeners('error')
      // Errors of a connection that stands end it; whoever uses it sees that.
      client.on('error', () => undefined)
      try {
        secrets.letIn()
      } catch (e) {
        // Being in counts more than what the next login will ask.
        asker.note?.(e instanceof Error ? e.message : String(e))
      }
      resolve(client)
    })
    client.on('error', (e: Error & { level?: string }) => {
      // The agent being gone, or one of its keys, leaves the other ways.
      if (e.level === 'agent') return
      if (e.level === 'client-authentication' || tooMany(e)) {
        try {
          entry.refused()
        } catch (cause) {
          return fail(cause)
        }
      }
      fail(refusal ?? loginError(e, label, entry))
    })
    client.once('close', () =>
      fail(refusal ?? new InputError(`${label} closed the connection before anybody was logged in.`, 'no-connection')),
    )
    client.connect({
      sock: socket as Socket,
      username: host.user,
      readyTimeout: 0,
      keepaliveInterval: host.aliveInterval * 1000,
      keepaliveCountMax: host.aliveCountMax,
      algorithms: {
        serverHostKey,
        // Those that Node computes by itself come first: they are several times faster here.
        cipher: {
          prepend: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
          append: [],
          remove: [],
        },
      },
      hostVerifier: (key: Buffer, done: (fine: boolean) => void) => {
        asking = true
        void verify(key).then(done)
      },
      authHandler: (left, _partial, next) => {
        entry.next(left).then(
          (way) => (way ? next(way) : next(false as unknown as 'none')),
          (e: unknown) =>
            fail(
              e instanceof GaveUp
                ? new InputError(`Nobody was logged in at ${label}: the question was not answered.`, 'no-login')
                : e,
            ),
        )
      },
    })
  })
}

/** Throws InputError for a key that is not to be trusted. */
async function judgeKey(
  key: Buffer,
  id: string,
  host: HostConfig,
  label: string,
  known: KnownHosts,
  asker: Asker,
): Promise<void> {
  const verdict = known.judge(id, key)
  const type = keyType(key)
  const print = fingerprint(key)
  if (verdict.is === 'known') return
  if (verdict.is === 'revoked')
    throw new InputError(`The key of ${label} is revoked (${verdict.at}); no connection was made.`, 'host-key-revoked')
  if (verdict.is === 'changed') {
    throw new InputError(
      `The key of ${label} has changed: it shows ${print}, and ${verdict.at} knows ${verdict.expected}. Somebody may be listening in, or the machine was set up anew; no connection was made. Once you know why, remove the old key: ssh-keygen -R '${id}'.`,
      'host-key-changed',
    )
  }
  const file = host.userKnownHosts[0]
  const { strictHostKeys } = host
  if (strictHostKeys === 'yes') {
    throw new InputError(
      `The key of ${label} (${print}) is not known, and the configuration forbids to ask.`,
      'host-key-unknown',
    )
  }
  const trusted =
    strictHostKeys !== 'ask' ||
    (await asker.hostKey({ kind: 'host-key', host: label, type, fingerprint: print, file: file ?? '' }))
  if (!trusted)
    throw new InputError(
      `The key of ${label} (${type} ${print}) is not known and was not accepted.`,
      'host-key-unknown',
    )
  if (file === undefined || file === '/dev/null') return
  // A file that cannot be written is no reason to stay out: the question comes again the next time.
  await addKnownHost(file, id, key, host.hashKnownHosts).catch(() => undefined)
}

const tooMany = (e: Error): boolean => /too many auth/i.test(e.message)

function loginError(e: Error & { level?: string }, label: string, { tried, allowed }: Login): InputError {
  if (e.level === 'client-authentication') {
    const ways = tried.length > 0 ? `tried: ${[...new Set(tried)].join(', ')}` : 'there was no key and no agent to try'
    const open = allowed.length > 0 ? ` The host lets in by ${allowed.join(', ')}.` : ''
    return new InputError(`${label} let nobody in (${ways}).${open}`, 'no-login')
  }
  if (/no matching/i.test(e.message)) {
    return new InputError(`${label} and Remora have no way of encryption in common: ${e.message}.`, 'no-connection')
  }
  if (tooMany(e)) {
    return new InputError(
      `${label} closed the connection after too many keys (${tried.join(', ')}); IdentitiesOnly in the ssh configuration offers fewer.`,
      'no-login',
    )
  }
  return new InputError(`The connection to ${label} failed: ${e.message.replace(/\.$/, '')}.`, 'no-connection')
}
