/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's output, version 1: what its kernel side puts into the ring buffer is what its user side writes to the file.
 * The reader is workers/readers/wire; test/golden/wire ties the two together, byte by byte.
 *
 * A file is: struct wire_file, `header_bytes` of JSON (docs/collector.md lists its members) padded with blanks to 8 bytes, then
 * records to its end. Every record begins with struct wire_head, its size is a multiple of 8, all numbers are little endian.
 * A file that was cut off anywhere is valid up to its last whole record. Readers skip kinds that they do not know.
 */
#ifndef REMORA_WIRE_H
#define REMORA_WIRE_H

#define WIRE_MAGIC "RMRAWIRE"
#define WIRE_VERSION 1

/* "Not known" in the unsigned and signed fields of records. */
#define WIRE_NONE 0xffffffffu
#define WIRE_NO_CPU (-1)
#define WIRE_NO_STACK (-1)
#define WIRE_NO_PROBE 0xff

struct wire_file {
	char magic[8];
	__u16 version;
	__u16 reserved;
	__u32 header_bytes;
};

/* Kinds below 128 come from probes and are counted by `seq`; those above are written by the user side and have seq 0. */
enum wire_kind {
	WIRE_TTWU = 0,		/* struct wire_wake: entry of try_to_wake_up */
	WIRE_ACTIVATE = 1,	/* struct wire_wake: ttwu_do_activate; value = rq clock */
	WIRE_WAKING = 2,	/* struct wire_wake */
	WIRE_WAKEUP = 3,	/* struct wire_wake */
	WIRE_SWITCH_IN = 4,	/* struct wire_wake; value = ns since ktime */
	WIRE_FIRST_READ = 5,	/* struct wire_wake; value = what the function returned */
	WIRE_CLOCKSOURCE = 6,	/* struct wire_clocksource */
	WIRE_HRTIMER = 7,	/* struct wire_number: address = callback, value = expiry */
	WIRE_IRQ_ENTRY = 8,	/* struct wire_number: number = irq, address = handler */
	WIRE_IRQ_EXIT = 9,	/* struct wire_number: number = irq, value = returned */
	WIRE_SOFTIRQ_ENTRY = 10,	/* struct wire_number: number = vector */
	WIRE_SOFTIRQ_EXIT = 11,
	WIRE_KVM_ENTRY = 12,	/* struct wire_number: vcpu */
	WIRE_KVM_EXIT = 13,	/* struct wire_number: vcpu, number = exit reason */
	WIRE_CPU_IDLE = 14,	/* struct wire_number: number = C-state, WIRE_NONE = left */
	WIRE_TASK = 64,		/* struct wire_task: a task seen first, or under a new name */
	WIRE_STACK = 128,	/* struct wire_stack */
	WIRE_SYMBOL = 129,	/* struct wire_symbol */
	WIRE_CLOCKS = 130,	/* struct wire_clocks */
	WIRE_COUNTS = 131,	/* struct wire_counts, one for every CPU */
	WIRE_NOTE = 132,	/* struct wire_note */
	WIRE_END = 133,		/* struct wire_note: the last record of a file that was ended properly, and why it ended */
};

/* In flags: written by the user side, so not numbered although its kind is (names of tasks that were there before). */
#define WIRE_FLAG_UNNUMBERED 1

struct wire_head {
	__u16 kind;
	__u16 size;
	__u16 cpu;
	__u16 flags;
	/* Counts the records of this CPU from 0; a missing number is a lost record. */
	__u64 seq;
	/* CLOCK_MONOTONIC, ns */
	__u64 time;
	/* The current task. */
	__u32 pid;
	__u32 tgid;
};

/* How a wake-up went on; the reader's WakePath. */
enum wire_path { WIRE_PATH_UNKNOWN, WIRE_PATH_RUNNABLE, WIRE_PATH_WAKELIST, WIRE_PATH_DIRECT, WIRE_PATH_CURRENT };

/*
 * One stage of a wake-up. Its correlation id is XXH64 over the 24 bytes wakee_tgid, wakee, run_seq, ktime.
 * A field is known from the stage on that tells it: later stages repeat it.
 */
struct wire_wake {
	struct wire_head head;
	__u32 wakee;
	__u32 wakee_tgid;
	/* Number of the run that the wake-up leads to, from 1. */
	__u64 run_seq;
	/* Time of the wake-up's first stage. */
	__u64 ktime;
	__u32 flags_entry;
	__u32 flags_activate;
	/* task_struct.__state before the wake-up */
	__u32 state;
	__s32 stack;
	__s16 prev_cpu;
	__s16 target_cpu;
	__u8 path;
	/* Index into the header's list of probes. */
	__u8 probe;
	__u16 waker_cpu;
	__u64 value;
	__u32 waker;
	__u32 reserved;
};

enum wire_clocksource_stage { WIRE_CS_ENTRY, WIRE_CS_CHANGE, WIRE_CS_FIRST_READ, WIRE_CS_RECALCULATION };

/* A part of a clocksource switch. Its chain's id is XXH64 over the 24 bytes by_tgid, by_pid, number, ktime. */
struct wire_clocksource {
	struct wire_head head;
	/* Who asked for the switch, the how many-th it is, and when it began. */
	__u32 by_tgid;
	__u32 by_pid;
	__u64 number;
	__u64 ktime;
	__u64 value;
	__s32 stack;
	__u8 stage;
	__u8 probe;
	__u16 reserved;
	char name[32];
};

struct wire_number {
	struct wire_head head;
	__u32 number;
	__u32 vcpu;
	__u64 address;
	__u64 value;
	__u8 probe;
	__u8 reserved[7];
};

struct wire_task {
	struct wire_head head;
	__u32 task;
	__u32 task_tgid;
	char comm[16];
};

/* Kernel addresses, innermost first, without the frames of the instrumentation itself. */
struct wire_stack {
	struct wire_head head;
	__s32 id;
	__u32 count;
	__u64 address[];
};

/* The name of an address: `symbol+0x1f`; NUL-terminated, padded to 8 bytes. */
struct wire_symbol {
	struct wire_head head;
	__u64 address;
	char name[];
};

/* Clocks read one after the other between two readings of CLOCK_MONOTONIC; mono is their middle, width their distance. */
struct wire_clocks {
	struct wire_head head;
	__u64 mono;
	__u64 raw;
	__u64 boot;
	__u64 real;
	__u64 tsc;
	__u64 width;
	char clocksource[32];
};

/* Of head.cpu: records numbered so far, how many of them found no room, and wake-ups whose stack found none. */
struct wire_counts {
	struct wire_head head;
	__u64 records;
	__u64 lost;
	__u64 lost_stacks;
	__u64 lost_tasks;
};

struct wire_note {
	struct wire_head head;
	__u32 bytes;
	__u32 reserved;
	char text[];
};

#endif
