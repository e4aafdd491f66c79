// Who is whose guest: shown before loading, and whenever the session's name is clicked.

import type { Family, FileInfo, MachineInfo } from '../../workers/thread/contract.js'
import { formatBytes, formatDelta, plural, readable } from '../state/format.js'
import { handle } from '../state/messages.js'
import { closeFamily, declarePair, load, loaded, offered } from '../state/opening.js'
import { Dialog } from '../widgets/dialog.js'

const pairing: Readonly<Record<MachineInfo['pairedBy'], string>> = {
  'trace-id': 'paired by trace id',
  'time-shift': 'paired by its time shift samples',
  none: 'nothing in the files pairs it with another',
}

export function FamilyDialog() {
  const tree = (offered.value ?? loaded.value)?.family
  if (!tree) return null
  const again = offered.value === null
  const size = tree.files.reduce((n, f) => n + f.size, 0)
  return (
    <Dialog title="Hosts, guests and files" class="family" onClose={closeFamily}>
      <header class="dialog-head">
        <h2>
          {plural(tree.machines.length, 'machine')} in {plural(tree.files.length, 'file')}, {formatBytes(size)}
        </h2>
      </header>
      <div class="family-tree">
        {tree.machines
          .filter((m) => m.parent === null)
          .map((m) => (
            <Machine key={m.machine} tree={tree} machine={m} />
          ))}
      </div>
      {tree.faults.length > 0 && (
        <ul class="faults">
          {tree.faults.map((f, i) => (
            <li key={i} class={`fault fault-${f.severity}`}>
              <span class="fault-mark" aria-label={f.severity} />
              <span class="fault-text">{readable(f.message)}</span>
              <span class="fault-place">{f.file}</span>
            </li>
          ))}
        </ul>
      )}
      <footer class="dialog-foot">
        <span class="fill" />
        <button type="button" class="button" onClick={closeFamily}>
          {again ? 'Close' : 'Cancel'}
        </button>
        <button
          type="button"
          class="button primary"
          autofocus
          disabled={tree.files.length === 0}
          onClick={() => handle(load())}
        >
          {again ? 'Load again' : 'Load'}
        </button>
      </footer>
    </Dialog>
  )
}

/** For a recording that nothing pairs with another: which machine it is a guest of. */
function GuestOf({ tree, machine }: { readonly tree: Family; readonly machine: MachineInfo }) {
  const pairs = (offered.value ?? loaded.value)?.pairs ?? []
  const file = machine.files[0]
  const guestsDeclared = new Set(pairs.map((p) => p.guest))
  const hosts = tree.machines.filter(
    (m) => m !== machine && m.parent === null && m.files[0] !== undefined && !guestsDeclared.has(m.files[0]),
  )
  const chosen = pairs.find((p) => p.guest === file)
  if (file === undefined || hosts.length === 0 || pairs.some((p) => p.host === file)) return null
  return (
    <label class="guest-of">
      Guest of
      <select
        class="field"
        value={chosen ? String(chosen.host) : ''}
        onChange={(e) => declarePair(file, e.currentTarget.value === '' ? null : Number(e.currentTarget.value))}
      >
        <option value="">nobody, as far as the files say</option>
        {hosts.map((h) => (
          <option key={h.machine} value={String(h.files[0])}>
            {h.name} ({tree.files.find((f) => f.file === h.files[0])?.name})
          </option>
        ))}
      </select>
    </label>
  )
}

function Machine({ tree, machine }: { readonly tree: Family; readonly machine: MachineInfo }) {
  const guests = tree.machines.filter((m) => m.parent === machine.machine)
  const role = machine.role === 'alone' ? 'machine' : machine.role
  const threads = machine.vcpus.filter((v) => v.tid > 0)
  return (
    <section class="family-machine">
      <h3>
        {machine.name} <span class="muted">{machine.name === role ? '' : role}</span>
      </h3>
      <p class="muted">
        {plural(machine.cpus.length, 'CPU')}
        {machine.role === 'guest' && `, ${pairing[machine.pairedBy]}`}
        {machine.role === 'guest' &&
          (threads.length > 0
            ? `, host threads ${threads.map((v) => v.tid).join(', ')}`
            : ', host threads of its vCPUs not recorded')}
      </p>
      {machine.parent === null && guests.length === 0 && <GuestOf tree={tree} machine={machine} />}
      {machine.files.map((f) => {
        const file = tree.files.find((x) => x.file === f)
        return file && <File key={f} file={file} />
      })}
      {guests.map((g) => (
        <Machine key={g.machine} tree={tree} machine={g} />
      ))}
    </section>
  )
}

function File({ file }: { readonly file: FileInfo }) {
  const span =
    file.span && !/tsc|cycle|counter/.test(file.clock)
      ? formatDelta(Number(BigInt(file.span.last) - BigInt(file.span.first)), 'ns')
      : ''
  const facts = [
    file.generated ? 'generated, not recorded' : '',
    `${file.format} ${file.version}`,
    file.compression && file.compression !== 'none' ? file.compression : 'not compressed',
    `clock ${file.clock || 'not named'}`,
    span,
    file.buffers.length > 1 ? plural(file.buffers.length, 'buffer') : '',
    file.timeShift
      ? `${plural(
          file.timeShift.samples.reduce((a, b) => a + b, 0),
          'time shift sample',
        )}`
      : '',
  ]
  return (
    <div class="family-file">
      <b>{file.name}</b>
      <span class="right">{formatBytes(file.size)}</span>
      <span class="muted">{facts.filter(Boolean).join(', ')}</span>
      {file.span === null && <span class="warning">no events</span>}
    </div>
  )
}
