/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What the probes keep between one hit and the next. */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, STACKS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, STACK_DEPTH * sizeof(u64));
} stacks SEC(".maps");

/* For stacks whose place in `stacks` another one has; ids from STACKS on. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, MORE_STACKS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, STACK_DEPTH * sizeof(u64));
} more_stacks SEC(".maps");

/* Thread ids and thread group ids to record (filter), and CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u8);
} pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u8);
} cpus SEC(".maps");

enum stage { STAGE_NONE, STAGE_WOKEN, STAGE_RUNNING };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TASKS);
	__type(key, u32);
	__type(value, struct task_entry);
} tasks SEC(".maps");

/* A call of try_to_wake_up that has not come to sched_waking yet: of this CPU, for one task each. */
struct call {
	u64 ktime;
	u32 pid;
	u32 flags;
	u32 state;
	u32 reserved;
};
struct calls {
	struct call call[4];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct calls);
} calls SEC(".maps");

/* The clocksource switch that is going on; there is one at a time. */
struct clock_switch {
	u64 ktime;
	u64 number;
	u32 tgid;
	u32 pid;
	/* enum clock_step; 0 = no switch is going on */
	u32 step;
	/* The new clocksource has been read. */
	u32 read;
	char name[32];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct clock_switch);
} clock_switches SEC(".maps");
