import { once } from 'node:events'
import { defaultPort, serve } from '../serve.js'
import { integerOption, namedPaths, readArgs, sampleOption } from './args.js'
import type { Io } from './io.js'
import { openBrowser } from './open-browser.js'
import { pathsHere } from './paths-here.js'

export const serveHelp = `remora serve [FILE|DIR...] [--sample NAME] [--port N] [--no-open]

Serves the screens to a browser on this machine, opens it, and runs until Ctrl-C.
Without files it opens the recorded sample.

  --sample NAME  a sample that comes with Remora: host-and-guest (recorded), generated-vms (generated, with KVM events)
  --port N       listen on port N of 127.0.0.1 (default ${defaultPort}, or the next free one)
  --no-open      only print the address
  -h, --help     this text
`

export async function serveCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('serve', args, {
    port: { type: 'string' },
    'no-open': { type: 'boolean' },
    ...sampleOption,
  })
  const port = values.port === undefined ? undefined : integerOption('serve', '--port', values.port, 0, 65535)
  const paths = await pathsHere(await namedPaths('serve', values.sample, positionals), io)
  return serveUntilStopped({ paths, port, browser: !values['no-open'] }, io)
}

/** Serves, says where, opens the browser if wanted, and resolves to 0 after Ctrl-C. Throws InputError. */
export async function serveUntilStopped(
  { paths, port, browser }: { paths: readonly string[]; port?: number; browser: boolean },
  io: Io,
): Promise<number> {
  const server = await serve({ paths, port })
  if (port === undefined && server.port !== defaultPort) {
    await io.out(`Port ${defaultPort} is taken, so Remora listens on ${server.port}.\n`)
  }
  const opened = browser && (await openBrowser(server.url))
  await io.out(`Remora ${opened ? 'is open in your browser' : 'waits for your browser'}: ${server.url}\n`)
  await io.out('Ctrl-C ends it.\n')
  if (!io.signal.aborted) await once(io.signal, 'abort')
  await server.close()
  return 0
}
