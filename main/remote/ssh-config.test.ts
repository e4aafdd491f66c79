import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { matchesList, SshConfig } from './ssh-config.js'

describe('the ssh configuration', () => {
  const home = mkdtempSync(join(tmpdir(), 'remora-config-'))
  mkdirSync(join(home, '.ssh/conf.d'), { recursive: true })
  afterAll(() => rmSync(home, { recursive: true }))
  const read = (text: string): Promise<SshConfig> => {
    const file = join(home, '.ssh/config')
    writeFileSync(file, text)
    return SshConfig.read({ home, files: [file] })
  }

  it('takes the first value of each kind, and all keys', async () => {
    const config = await read(`
      # comment
      Host lab lab-*
        HostName %h.example.org
        User=alice
        Port 2222
        IdentityFile ~/.ssh/lab
        IdentityFile "%d/keys with blanks/%r@%h"   # both
      Host *
        User bob
        Port 22
        ServerAliveInterval 7
        IdentityFile ~/.ssh/last`)
    expect(config.resolve('lab')).toMatchObject({
      hostName: 'lab.example.org',
      user: 'alice',
      port: 2222,
      aliveInterval: 7,
    })
    expect(config.resolve('lab').identityFiles).toEqual([
      join(home, '.ssh/lab'),
      join(home, 'keys with blanks/alice@lab.example.org'),
      join(home, '.ssh/last'),
    ])
    expect(config.resolve('lab-3').hostName).toBe('lab-3.example.org')
    expect(config.resolve('other')).toMatchObject({ hostName: 'other', user: 'bob', port: 22 })
    expect(config.resolve('lab', { user: 'carol', port: 99 })).toMatchObject({ user: 'carol', port: 99 })
    expect(config.hosts).toEqual(['lab'])
  })

  it('leaves out hosts with an exclamation mark, and joins what is included where it stands', async () => {
    writeFileSync(join(home, '.ssh/conf.d/a.conf'), 'Host db\n  User inner\n')
    writeFileSync(join(home, '.ssh/conf.d/b.conf'), 'Port 4444\n')
    const config = await read(
      'Host db !db2\n  Include conf.d/*.conf\nHost *db*\n  User outer\n  ProxyJump gate,user@gate2:23\n',
    )
    expect(config.resolve('db')).toMatchObject({ user: 'inner', port: 4444, proxyJump: 'gate,user@gate2:23' })
    expect(config.resolve('db2')).toMatchObject({ user: 'outer', port: 22 })
    expect(config.hosts).toEqual(['db'])
  })

  it('knows Match by host and user, and holds none that it does not know for true', async () => {
    const config = await read(
      `Match originalhost lab user alice\n  Port 1\nMatch exec "true"\n  Port 2\nMatch host 10.*\n  Port 3\nHost lab\n  HostName 10.1.1.1\nMatch all\n  Port 4\n`,
    )
    expect(config.resolve('lab', { user: 'alice' }).port).toBe(1)
    expect(config.resolve('10.2.2.2').port).toBe(3)
    expect(config.resolve('x').port).toBe(4)
  })

  it('has the usual values where nothing is said', async () => {
    const config = await read('ProxyJump none\nIdentityAgent none\n')
    expect(config.resolve('x')).toMatchObject({
      user: userInfo().username,
      port: 22,
      agent: null,
      proxyJump: null,
      strictHostKeys: 'ask',
      identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((n) => join(home, '.ssh', n)),
      userKnownHosts: [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2')],
    })
    expect((await SshConfig.read({ home, files: ['/no/such'] })).hosts).toEqual([])
  })

  it('matches as fnmatch does', () => {
    expect(matchesList(['*.example.org', '!bad.*'], 'a.example.org')).toBe(true)
    expect(matchesList(['*.example.org', '!bad.*'], 'bad.example.org')).toBe(false)
    expect(matchesList(['h?st'], 'host')).toBe(true)
    expect(matchesList(['10.0.0.*'], '10x0x0x1')).toBe(false)
    expect(matchesList(['!x'], 'y')).toBe(false)
  })
})
