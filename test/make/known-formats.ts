import type { Field, Format } from './event-format.js'

const int = (name: string, type: string, size: 1 | 2 | 4 | 8, signed: boolean): Field => ({
  kind: 'int',
  name,
  type,
  size,
  signed,
})
const comm = (name: string): Field => ({ kind: 'chars', name, count: 16 })
const pid = (name: string): Field => int(name, 'pid_t', 4, true)
const ulong = (name: string): Field => ({ kind: 'long', name, type: 'unsigned long', signed: false })

const STATES =
  '{ 0x00000001, "S" }, { 0x00000002, "D" }, { 0x00000004, "T" }, { 0x00000008, "t" }, { 0x00000010, "X" }, ' +
  '{ 0x00000020, "Z" }, { 0x00000040, "P" }, { 0x00000080, "I" }'

export const schedSwitch: Format = {
  system: 'sched',
  name: 'sched_switch',
  id: 372,
  fields: [
    comm('prev_comm'),
    pid('prev_pid'),
    int('prev_prio', 'int', 4, true),
    { kind: 'long', name: 'prev_state', type: 'long', signed: true },
    comm('next_comm'),
    pid('next_pid'),
    int('next_prio', 'int', 4, true),
  ],
  printFmt:
    '"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s%s ==> next_comm=%s next_pid=%d next_prio=%d", REC->prev_comm, ' +
    `REC->prev_pid, REC->prev_prio, (REC->prev_state & 0xff) ? __print_flags(REC->prev_state & 0xff, "|", ${STATES}) : "R", ` +
    'REC->prev_state & 0x100 ? "+" : "", REC->next_comm, REC->next_pid, REC->next_prio',
}

const wake = (name: string, id: number): Format => ({
  system: 'sched',
  name,
  id,
  fields: [comm('comm'), pid('pid'), int('prio', 'int', 4, true), int('target_cpu', 'int', 4, true)],
  printFmt: '"comm=%s pid=%d prio=%d target_cpu=%03d", REC->comm, REC->pid, REC->prio, REC->target_cpu',
})
export const schedWaking = wake('sched_waking', 375)
export const schedWakeup = wake('sched_wakeup', 374)

const u32 = (name: string): Field => int(name, 'u32', 4, false)
const u64 = (name: string): Field => int(name, 'u64', 8, false)
const uint = (name: string): Field => int(name, 'unsigned int', 4, false)

export const kvmEntry: Format = {
  system: 'kvm',
  name: 'kvm_entry',
  id: 410,
  fields: [uint('vcpu_id'), ulong('rip'), int('immediate_exit', 'bool', 1, false)],
  printFmt: '"vcpu %u, rip 0x%lx%s", REC->vcpu_id, REC->rip, REC->immediate_exit ? "[immediate exit]" : ""',
}
export const kvmExit: Format = {
  system: 'kvm',
  name: 'kvm_exit',
  id: 411,
  fields: [
    uint('exit_reason'),
    ulong('guest_rip'),
    u32('isa'),
    u64('info1'),
    u64('info2'),
    u32('intr_info'),
    u32('error_code'),
    uint('vcpu_id'),
  ],
  printFmt:
    '"vcpu %u reason %u rip 0x%lx info1 0x%016llx info2 0x%016llx", REC->vcpu_id, REC->exit_reason, REC->guest_rip, ' +
    'REC->info1, REC->info2',
}
export const hrtimerStart: Format = {
  system: 'timer',
  name: 'hrtimer_start',
  id: 420,
  fields: [ulong('hrtimer'), ulong('function'), int('expires', 's64', 8, true), int('softexpires', 's64', 8, true)],
  printFmt:
    '"hrtimer=0x%lx function=0x%lx expires=%llu softexpires=%llu", REC->hrtimer, REC->function, REC->expires, REC->softexpires',
}
export const cpuIdle: Format = {
  system: 'power',
  name: 'cpu_idle',
  id: 421,
  fields: [u32('state'), u32('cpu_id')],
  printFmt: '"state=%lu cpu_id=%lu", (unsigned long)REC->state, (unsigned long)REC->cpu_id',
}

/** One field of every kind a format can state. */
export const everyKind: Format = {
  system: 'remora',
  name: 'every_kind',
  id: 900,
  fields: [
    int('a_u8', 'u8', 1, false),
    int('a_s8', 's8', 1, true),
    int('a_u16', 'u16', 2, false),
    int('a_s16', 's16', 2, true),
    int('a_u32', 'u32', 4, false),
    int('a_s32', 's32', 4, true),
    int('a_u64', 'u64', 8, false),
    int('a_s64', 's64', 8, true),
    ulong('a_long'),
    { kind: 'ints', name: 'bytes', type: 'u8', size: 1, signed: false, count: 6 },
    { kind: 'ints', name: 'shorts', type: 's16', size: 2, signed: true, count: 3 },
    { kind: 'ints', name: 'words', type: 'u32', size: 4, signed: false, count: 2 },
    { kind: 'ints', name: 'longs', type: 's64', size: 8, signed: true, count: 2 },
    { kind: 'chars', name: 'label', count: 10 },
    { kind: 'loc', name: 'text', rel: false, type: 'char', size: 1, signed: false },
    { kind: 'loc', name: 'list', rel: false, type: 'u32', size: 4, signed: false },
    { kind: 'loc', name: 'rel_text', rel: true, type: 'char', size: 1, signed: false },
    { kind: 'loc', name: 'rel_list', rel: true, type: 'u16', size: 2, signed: false },
  ],
  printFmt:
    '"%u %d %u %d %u %d %llu %lld %lx label=%s text=%s rel=%s list=%s", REC->a_u8, REC->a_s8, REC->a_u16, REC->a_s16, ' +
    'REC->a_u32, REC->a_s32, REC->a_u64, REC->a_s64, REC->a_long, REC->label, __get_str(text), __get_rel_str(rel_text), ' +
    '__print_array(__get_dynamic_array(list), __get_dynamic_array_len(list) / 4, 4)',
}

const ftrace = (name: string, id: number, fields: readonly Field[], printFmt: string): Format => ({
  system: 'ftrace',
  name,
  id,
  fields,
  printFmt,
})
const pointer = (name: string): Field => ({ kind: 'long', name, type: 'const char *', signed: false })

export const functionEntry = ftrace(
  'function',
  1,
  [ulong('ip'), ulong('parent_ip')],
  '" %ps <-- %ps", (void *)REC->ip, (void *)REC->parent_ip',
)
export const kernelStack = ftrace(
  'kernel_stack',
  4,
  [int('size', 'int', 4, true), { kind: 'tail', name: 'caller', type: 'unsigned long', size: 0, declared: 8 }],
  `"\\t=> %ps\\n\\t=> %ps\\n", ${[0, 1].map((i) => `(void *)REC->caller[${i}]`).join(', ')}`,
)
export const print = ftrace(
  'print',
  5,
  [ulong('ip'), { kind: 'tail', name: 'buf', type: 'char', size: 1, declared: 0 }],
  '"%ps: %s", (void *)REC->ip, REC->buf',
)
export const bprint = ftrace(
  'bprint',
  6,
  [ulong('ip'), pointer('fmt'), { kind: 'tail', name: 'buf', type: 'u32', size: 4, declared: 0 }],
  '"%ps: %s", (void *)REC->ip, REC->fmt',
)
export const bputs = ftrace('bputs', 15, [ulong('ip'), pointer('str')], '"%ps: %s", (void *)REC->ip, REC->str')

export const knownFormats: readonly Format[] = [
  functionEntry,
  kernelStack,
  print,
  bprint,
  bputs,
  schedSwitch,
  schedWaking,
  schedWakeup,
  everyKind,
]

const text = (name: string): Field => ({ kind: 'chars', name, count: 16 })
/** Network events, with the device's name in place instead of at the record's end. */
export const netStartXmit: Format = {
  system: 'net',
  name: 'net_dev_start_xmit',
  id: 430,
  fields: [text('name'), int('protocol', 'u16', 2, false), uint('len'), int('network_offset', 'int', 4, true)],
  printFmt:
    '"dev=%s protocol=0x%04x len=%u network_offset=%d", REC->name, REC->protocol, REC->len, REC->network_offset',
}
export const netReceive: Format = {
  system: 'net',
  name: 'netif_receive_skb',
  id: 431,
  fields: [ulong('skbaddr'), uint('len'), text('name')],
  printFmt: '"dev=%s skbaddr=%px len=%u", REC->name, REC->skbaddr, REC->len',
}
export const kvmWriteTscOffset: Format = {
  system: 'kvm',
  name: 'kvm_write_tsc_offset',
  id: 432,
  fields: [uint('vcpu_id'), u64('previous_tsc_offset'), u64('next_tsc_offset')],
  printFmt: '"vcpu=%u prev=%llu next=%llu", REC->vcpu_id, REC->previous_tsc_offset, REC->next_tsc_offset',
}
export const kvmUpdateMasterClock: Format = {
  system: 'kvm',
  name: 'kvm_update_master_clock',
  id: 433,
  fields: [int('use_master_clock', 'bool', 1, false)],
  printFmt: '"masterclock %d", REC->use_master_clock',
}
