// A real OpenSSH server on the loopback address with keys of its own, for one test: nothing of the machine's accounts, keys or
// configuration is touched, and the client sees none of the user's.

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const sshdPath = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((p) => existsSync(p)) ?? null
const has = (program: string): boolean => spawnSync(program, ['-V']).error === undefined
const missing = [
  sshdPath === null ? 'sshd' : '',
  has('ssh-keygen') ? '' : 'ssh-keygen',
  has('ssh-agent') ? '' : 'ssh-agent',
].filter(Boolean)

/** Why there can be no server: the word to skip with; '' = there can. */
export const noServer = missing.length > 0 ? `${missing.join(' and ')} missing` : ''

export const user = userInfo().username

/** A folder for keys, servers and a client's home; everything in it is gone at the end. */
export class SshWorld {
  readonly dir = mkdtempSync(join(tmpdir(), 'remora-ssh-'))
  readonly home = join(this.dir, 'home')
  readonly #children: ChildProcess[] = []
  readonly #servers: Server[] = []

  constructor() {
    mkdirSync(join(this.home, '.ssh'), { recursive: true, mode: 0o700 })
    // Where sshd runs as root it wants this folder, empty, for itself.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  }

  /** A key of the client's that servers let in; @param passphrase '' = none */
  key(name: string, passphrase = '', type = 'ed25519'): string {
    const file = join(this.home, '.ssh', name)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', file])
    return file
  }

  /** Starts a server; the keys are those that it lets in. */
  async sshd(
    keys: readonly string[],
    more: readonly string[] = [],
    hostKeys: readonly string[] = ['ed25519'],
  ): Promise<Sshd> {
    const dir = mkdtempSync(join(this.dir, 'sshd-'))
    const hosts = hostKeys.map((type) => {
      const file = join(dir, `host_${type}`)
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file])
      return file
    })
    writeFileSync(join(dir, 'authorized_keys'), keys.map((k) => readFileSync(`${k}.pub`, 'utf8')).join(''), {
      mode: 0o600,
    })
    const port = await freePort()
    const server = new Sshd(dir, port, hosts, more, (child) => this.#children.push(child))
    await server.start()
    return server
  }

  /** An agent that holds these keys; answers its socket. */
  async agent(keys: readonly string[]): Promise<string> {
    const socket = join(this.dir, `agent-${this.#children.length}`)
    this.#children.push(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }))
    await until(() => existsSync(socket), 'the agent')
    for (const key of keys) execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
    return socket
  }

  /** A link to a server that carries so many bytes a second, and that can be cut. */
  async link(to: number, bytesPerSecond = Infinity): Promise<Link> {
    const link = new Link(to, bytesPerSecond)
    this.#servers.push(link.server)
    await link.listen()
    return link
  }

  /** Writes the client's ssh configuration, and gives its path. */
  config(text: string): string {
    const file = join(this.home, '.ssh/config')
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const child of this.#children) killTree(child.pid)
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export class Sshd {
  #child: ChildProcess | null = null
  #log = ''

  constructor(
    private readonly dir: string,
    readonly port: number,
    private readonly hostKeys: readonly string[],
    private readonly more: readonly string[],
    private readonly own: (child: ChildProcess) => unknown,
  ) {}

  /** Public host keys, `type base64`. */
  get publicKeys(): string[] {
    return this.hostKeys.map((file) => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' '))
  }

  get log(): string {
    return this.#log
  }

  async start(): Promise<void> {
    const root = process.getuid?.() === 0
    const sftp = this.more.some((line) => line.startsWith('Subsystem sftp')) ? [] : ['Subsystem sftp internal-sftp']
    const config = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      ...this.hostKeys.map((file) => `HostKey ${file}`),
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'MaxStartups 50',
      ...(root ? ['PermitRootLogin prohibit-password'] : []),
      `AuthorizedKeysFile ${join(this.dir, 'authorized_keys')}`,
      ...sftp,
      ...this.more.filter((line) => line !== 'Subsystem sftp none'),
    ]
    const file = join(this.dir, 'sshd_config')
    writeFileSync(file, `${config.join('\n')}\n`)
    const child = spawn(sshdPath!, ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    this.own(child)
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#log += text))
    await until(() => /Server listening/.test(this.#log) || child.exitCode !== null, 'sshd')
    if (child.exitCode !== null) throw new Error(`sshd ended: ${this.#log}`)
  }

  /** Ends the server and all its sessions at once, as a machine that loses its power. */
  kill(): void {
    killTree(this.#child?.pid)
    this.#child = null
    this.#log = ''
  }
}

/** A process and all below it: the sessions of a server are its children. */
function killTree(pid: number | undefined): void {
  if (pid === undefined) return
  const parents = readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }]
    } catch {
      return []
    }
  })
  const below = (of: number): number[] =>
    parents.filter((p) => p.parent === of).flatMap((p) => [p.pid, ...below(p.pid)])
  for (const one of [pid, ...below(pid)]) {
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}

/** A TCP link that is as slow as it is told to be. */
export class Link {
  port = 0
  readonly #sockets = new Set<Socket>()
  /** Carries nothing more, without a word to either side: a cable that was pulled. */
  silent = false
  /** Bytes from the server that were carried. */
  carried = 0
  readonly server: Server

  constructor(
    private readonly to: number,
    private readonly bytesPerSecond: number,
  ) {
    this.server = createServer((near) => {
      const far = connect(this.to, '127.0.0.1')
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          this.#sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.pipe(far)
      far.on('data', (bytes: Buffer) => {
        if (this.silent) return
        this.carried += bytes.length
        near.write(bytes)
        if (this.bytesPerSecond === Infinity) return
        far.pause()
        setTimeout(() => far.resume(), (bytes.length / this.bytesPerSecond) * 1000)
      })
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done))
    const address = this.server.address()
    this.port = typeof address === 'object' && address ? address.port : 0
  }

  /** Breaks all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

export async function until(holds: () => boolean, what: string, ms = 10_000): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} did not come about in ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
