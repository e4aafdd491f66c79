/* SPDX-License-Identifier: Apache-2.0 */
/* What the user side tells the kernel side before it is loaded: constants, so that what is switched off is not even there. */
#ifndef REMORA_CONFIG_H
#define REMORA_CONFIG_H

#define READ_SLOTS 12
#define CLOCK_SLOTS 6
#define MAX_COMMS 8
#define MAX_OWN 8
#define TASKS 65536
#define STACKS 16384
#define MORE_STACKS 4096
#define STACK_DEPTH 48
#define NO_ARGUMENT 0xff
#define RECORD_FIELDS 3
/* Place of sched_process_exit, which makes no record, among those of the wire_kinds. */
#define EXIT_KIND 15

/* timekeeping_notify; change_clocksource, which first reads the old one; tk_setup_internals, which reads the new; update. */
enum clock_step { CLOCK_NONE, CLOCK_ENTRY, CLOCK_CHANGE, CLOCK_SETUP, CLOCK_RECALCULATION };

/* Where a function has what the probe wants: argument numbers from 0, NO_ARGUMENT = nowhere. */
struct arguments {
	__u8 task;
	__u8 flags;
	__u8 rq;
	__u8 clocksource;
	__u8 value;
	/* enum clock_step of a clock slot. */
	__u8 stage;
	/* Index into the header's list of probes. */
	__u8 probe;
	__u8 reserved;
};

struct config {
	/* Thread groups whose own doings are not recorded: the collector and whoever reads its output. */
	__u32 own[MAX_OWN];
	__u32 own_count;
	/* What is attached. */
	__u8 stacks;
	__u8 ttwu;
	__u8 activate;
	__u8 reads;
	/* First step of a clocksource switch after which a read is one of the new clocksource, and the last that is seen. */
	__u8 clock_read_from;
	__u8 clock_last;
	/* The step that must have been seen before a recalculation is one of the switch. */
	__u8 clock_needed;
	/* Filters; 0 = none. */
	__u8 by_pid;
	__u8 by_cpu;
	__u8 comm_count;
	__u8 unused[2];
	__u64 cgroup;
	__u64 min_latency;
	char comm[MAX_COMMS][16];
	/* Probes of the tracepoints, by wire_kind. */
	__u8 probe[16];
	/* Byte positions in the records of plain tracepoints, by wire_kind; which fields attach.c says. 0 = there is no such field. */
	__u16 field[16][RECORD_FIELDS];
};

struct settings {
	struct config config;
	struct arguments ttwu;
	struct arguments activate;
	struct arguments read[READ_SLOTS];
	struct arguments clock[CLOCK_SLOTS];
};

/* A task, and the wake-up that it is in. */
struct task_entry {
	__u64 runs;
	__u64 ktime;
	__u64 comm[2];
	/* 0 = not known yet */
	__u32 tgid;
	__u32 flags_entry;
	__u32 flags_activate;
	__u32 state;
	__u32 waker;
	__s32 stack;
	__s16 prev_cpu;
	__s16 target_cpu;
	__u16 waker_cpu;
	__u8 path;
	__u8 stage;
};

/* Per CPU, read by the user side. */
struct counts {
	__u64 records;
	__u64 lost;
	__u64 lost_stacks;
	__u64 lost_tasks;
};

#endif
