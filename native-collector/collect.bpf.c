/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "config.h"
#include "wire.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct settings settings = {};
#define config settings.config

/* Written by the user side: all probes begin and end together, however long attaching one after the other takes. */
volatile u32 recording = 0;

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

/* A task, and the wake-up that it is in. */
struct task_entry {
	u64 runs;
	u64 ktime;
	u64 comm[2];
	u32 tgid;
	u32 flags_entry;
	u32 flags_activate;
	u32 state;
	u32 waker;
	s32 stack;
	s16 prev_cpu;
	s16 target_cpu;
	u16 waker_cpu;
	u8 path;
	u8 stage;
};

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

/*
 * In programs whose argument has a kernel type of its own (fentry, tp_btf) fields are read directly; elsewhere by a helper.
 * `typed` is a constant wherever this is used.
 */
#define GET(typed, pointer, field) ((typed) ? (pointer)->field : BPF_CORE_READ(pointer, field))
#define INLINE static __always_inline

INLINE u32 state_of(bool typed, struct task_struct *p)
{
	if (bpf_core_field_exists(p->__state))
		return GET(typed, p, __state);
	return GET(typed, (struct task_struct___old *)p, state);
}

INLINE s16 cpu_of(bool typed, struct task_struct *p)
{
	if (bpf_core_field_exists(p->thread_info.cpu))
		return GET(typed, p, thread_info.cpu);
	if (bpf_core_field_exists(((struct task_struct___old *)p)->cpu))
		return GET(typed, (struct task_struct___old *)p, cpu);
	return WIRE_NO_CPU;
}

INLINE void comm_of(bool typed, struct task_struct *p, u64 comm[2])
{
	bpf_probe_read_kernel(comm, 16, p->comm);
}

INLINE bool own(u32 tgid)
{
	for (int i = 0; i < MAX_OWN; i++) {
		if (i >= config.own_count)
			break;
		if (config.own[i] == tgid)
			return true;
	}
	return false;
}

INLINE bool own_context(void)
{
	return own(bpf_get_current_pid_tgid() >> 32);
}

INLINE struct counts *counts_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

#ifdef HAVE_FETCH
#define NEXT(counter) __sync_fetch_and_add(&(counter), 1)
#else
/* Before 5.12 there is no atomic operation that returns a value: an interrupt in between makes two numbers equal. */
#define NEXT(counter) ((counter)++)
#endif

/* A record in the ring buffer with its head filled in, NULL where there is no room. Its number is used up either way. */
INLINE void *begin(u32 size, u16 kind, u64 now)
{
	struct counts *c = counts_here();
	struct wire_head *head;
	u64 id = bpf_get_current_pid_tgid();
	u64 seq;

	if (!c)
		return NULL;
	seq = NEXT(c->records);
	head = bpf_ringbuf_reserve(&ring, size, 0);
	if (!head) {
		(void)__sync_fetch_and_add(&c->lost, 1);
		return NULL;
	}
	head->kind = kind;
	head->size = size;
	head->cpu = bpf_get_smp_processor_id();
	head->flags = 0;
	head->seq = seq;
	head->time = now;
	head->pid = id;
	head->tgid = id >> 32;
	return head;
}
/* The user side looks every few milliseconds; waking it for every record would be what we measure. */
#define end(record) bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP)

INLINE bool cgroup_holds(struct task_struct *p)
{
	struct kernfs_node *kn = BPF_CORE_READ(p, cgroups, dfl_cgrp, kn);

	for (int depth = 0; depth < 8; depth++) {
		if (!kn)
			return false;
		if (BPF_CORE_READ(kn, id) == config.cgroup)
			return true;
		if (bpf_core_field_exists(((struct kernfs_node___6_15 *)kn)->__parent))
			kn = BPF_CORE_READ((struct kernfs_node___6_15 *)kn, __parent);
		else
			kn = BPF_CORE_READ(kn, parent);
	}
	return false;
}

INLINE bool comm_matches(const u64 comm[2])
{
	for (int i = 0; i < MAX_COMMS; i++) {
		const char *have = (const char *)comm;
		bool same = true;

		if (i >= config.comm_count)
			break;
		for (int at = 0; at < 15; at++) {
			char want = config.comm[i][at];

			if (!want)
				break;
			if (want != have[at]) {
				same = false;
				break;
			}
		}
		if (same)
			return true;
	}
	return false;
}

/* Whether the filters let a wake-up through. */
INLINE bool wanted(bool typed, struct task_struct *p, u32 pid, u32 tgid, u32 prev_cpu)
{
	if (config.by_pid && !bpf_map_lookup_elem(&pids, &pid) && !bpf_map_lookup_elem(&pids, &tgid))
		return false;
	if (config.by_cpu) {
		u32 here = bpf_get_smp_processor_id();

		if (!bpf_map_lookup_elem(&cpus, &here) && !bpf_map_lookup_elem(&cpus, &prev_cpu))
			return false;
	}
	if (config.comm_count) {
		u64 comm[2] = {};

		comm_of(typed, p, comm);
		if (!comm_matches(comm))
			return false;
	}
	if (config.cgroup && !cgroup_holds(p))
		return false;
	return true;
}

/* For records of a CPU rather than of a wake-up. */
INLINE bool wanted_here(void)
{
	u32 here = bpf_get_smp_processor_id();

	return !config.by_cpu || bpf_map_lookup_elem(&cpus, &here);
}

INLINE void tell_task(u64 now, u32 pid, u32 tgid, const u64 comm[2])
{
	struct wire_task *r = begin(sizeof(*r), WIRE_TASK, now);

	if (!r)
		return;
	r->task = pid;
	r->task_tgid = tgid;
	__builtin_memcpy(r->comm, comm, 16);
	end(r);
}

/* The entry of a task, made when it is seen first; its name is written down whenever it is new. NULL: the map is full. */
INLINE struct task_entry *entry_of(bool typed, struct task_struct *p, u32 pid, u64 now)
{
	struct task_entry *e = bpf_map_lookup_elem(&tasks, &pid);
	u64 comm[2] = {};

	comm_of(typed, p, comm);
	if (e) {
		if (e->comm[0] != comm[0] || e->comm[1] != comm[1]) {
			e->comm[0] = comm[0];
			e->comm[1] = comm[1];
			tell_task(now, pid, e->tgid, comm);
		}
		return e;
	}
	struct task_entry fresh = {};

	fresh.tgid = GET(typed, p, tgid);
	fresh.comm[0] = comm[0];
	fresh.comm[1] = comm[1];
	bpf_map_update_elem(&tasks, &pid, &fresh, BPF_NOEXIST);
	e = bpf_map_lookup_elem(&tasks, &pid);
	if (!e) {
		struct counts *c = counts_here();

		if (c)
			(void)__sync_fetch_and_add(&c->lost_tasks, 1);
		return NULL;
	}
	tell_task(now, pid, fresh.tgid, comm);
	return e;
}

INLINE void tell_wake(u16 kind, u64 now, u32 pid, const struct task_entry *e, s32 stack, u64 value, u8 probe, u64 time)
{
	struct wire_wake *r = begin(sizeof(*r), kind, time);

	if (!r)
		return;
	r->wakee = pid;
	r->wakee_tgid = e->tgid;
	r->run_seq = e->runs + 1;
	r->ktime = e->ktime;
	r->flags_entry = e->flags_entry;
	r->flags_activate = e->flags_activate;
	r->state = e->state;
	r->stack = stack;
	r->prev_cpu = e->prev_cpu;
	r->target_cpu = e->target_cpu;
	r->path = e->path;
	r->probe = probe;
	r->waker_cpu = e->waker_cpu;
	r->value = value;
	r->waker = e->waker;
	r->reserved = 0;
	end(r);
}

INLINE s32 take_stack(void *ctx)
{
	s32 id;

	if (!config.stacks)
		return WIRE_NO_STACK;
	id = bpf_get_stackid(ctx, &stacks, 0);
	if (id >= 0)
		return id;
	id = bpf_get_stackid(ctx, &more_stacks, 0);
	if (id < 0) {
		struct counts *c = counts_here();

		if (c)
			(void)__sync_fetch_and_add(&c->lost_stacks, 1);
		return WIRE_NO_STACK;
	}
	return STACKS + id;
}

/* try_to_wake_up is entered. It may come to nothing (the task does not sleep), so this is only noted until sched_waking. */
INLINE int on_ttwu(bool typed, struct task_struct *p, u32 flags)
{
	u32 zero = 0, pid = GET(typed, p, pid);
	struct calls *all = bpf_map_lookup_elem(&calls, &zero);
	struct call *call;

	if (!all || !recording)
		return 0;
	call = &all->call[pid & 3];
	call->ktime = bpf_ktime_get_ns();
	call->pid = pid;
	call->flags = flags;
	call->state = state_of(typed, p);
	return 0;
}

INLINE int on_waking(bool typed, void *ctx, struct task_struct *p)
{
	u64 now = bpf_ktime_get_ns();
	u32 pid = GET(typed, p, pid), tgid = GET(typed, p, tgid), zero = 0;
	s16 cpu = cpu_of(typed, p);
	struct task_entry *e;
	bool called = false;
	u64 me;

	if (!recording || own(tgid) || own_context() || !wanted(typed, p, pid, tgid, cpu))
		return 0;
	e = entry_of(typed, p, pid, now);
	if (!e)
		return 0;
	me = bpf_get_current_pid_tgid();
	e->ktime = now;
	e->flags_entry = WIRE_NONE;
	e->flags_activate = WIRE_NONE;
	e->state = state_of(typed, p);
	e->waker = me;
	e->waker_cpu = bpf_get_smp_processor_id();
	e->prev_cpu = cpu;
	e->target_cpu = WIRE_NO_CPU;
	e->path = (u32)me == pid ? WIRE_PATH_CURRENT : WIRE_PATH_UNKNOWN;
	if (config.ttwu) {
		struct calls *all = bpf_map_lookup_elem(&calls, &zero);

		if (all) {
			struct call *call = &all->call[pid & 3];

			if (call->pid == pid) {
				e->ktime = call->ktime;
				e->flags_entry = call->flags;
				e->state = call->state;
				call->pid = 0;
				called = true;
			}
		}
	}
	e->stack = take_stack(ctx);
	e->stage = STAGE_WOKEN;
	if (config.min_latency)
		return 0;
	if (called)
		tell_wake(WIRE_TTWU, now, pid, e, e->stack, 0, settings.ttwu.probe, e->ktime);
	tell_wake(WIRE_WAKING, now, pid, e, called ? WIRE_NO_STACK : e->stack, 0, config.probe[WIRE_WAKING], now);
	return 0;
}

INLINE int on_activate(bool typed, struct rq *rq, struct task_struct *p, u32 flags)
{
	u32 pid = GET(typed, p, pid);
	struct task_entry *e = bpf_map_lookup_elem(&tasks, &pid);
	u64 clock = 0;

	if (!recording || !e || e->stage != STAGE_WOKEN)
		return 0;
	e->flags_activate = flags;
	if (rq) {
		e->target_cpu = GET(typed, rq, cpu);
		clock = GET(typed, rq, clock);
	}
	if (e->path != WIRE_PATH_CURRENT) {
		bool same = (u32)bpf_get_current_pid_tgid() == e->waker && bpf_get_smp_processor_id() == e->waker_cpu;

		e->path = same ? WIRE_PATH_DIRECT : WIRE_PATH_WAKELIST;
	}
	if (!config.min_latency) {
		u64 now = bpf_ktime_get_ns();

		tell_wake(WIRE_ACTIVATE, now, pid, e, WIRE_NO_STACK, clock, settings.activate.probe, now);
	}
	return 0;
}

INLINE int on_wakeup(bool typed, struct task_struct *p)
{
	u32 pid = GET(typed, p, pid);
	struct task_entry *e = bpf_map_lookup_elem(&tasks, &pid);
	u64 now;

	if (!recording || !e || e->stage != STAGE_WOKEN)
		return 0;
	e->target_cpu = cpu_of(typed, p);
	if (config.activate && e->path == WIRE_PATH_UNKNOWN)
		e->path = WIRE_PATH_RUNNABLE;
	if (config.min_latency)
		return 0;
	now = bpf_ktime_get_ns();
	tell_wake(WIRE_WAKEUP, now, pid, e, WIRE_NO_STACK, 0, config.probe[WIRE_WAKEUP], now);
	return 0;
}

INLINE int on_switch(bool typed, struct task_struct *prev, struct task_struct *next)
{
	u64 now = bpf_ktime_get_ns();
	u32 pid = GET(typed, next, pid);
	struct task_entry *e;

	if (!recording)
		return 0;
	if (config.reads) {
		u32 left = GET(typed, prev, pid);

		e = left ? bpf_map_lookup_elem(&tasks, &left) : NULL;
		if (e && e->stage == STAGE_RUNNING)
			e->stage = STAGE_NONE;
	}
	if (!pid)
		return 0;
	e = entry_of(typed, next, pid, now);
	if (!e || e->stage != STAGE_WOKEN)
		return 0;
	e->target_cpu = bpf_get_smp_processor_id();
	if (!config.min_latency || now - e->ktime >= config.min_latency) {
		tell_wake(WIRE_SWITCH_IN, now, pid, e, config.min_latency ? e->stack : WIRE_NO_STACK, now - e->ktime,
			  config.probe[WIRE_SWITCH_IN], now);
		e->stage = STAGE_RUNNING;
	} else {
		e->stage = STAGE_NONE;
	}
	e->runs++;
	return 0;
}

INLINE int on_exit(bool typed, struct task_struct *p)
{
	u32 pid = GET(typed, p, pid);

	bpf_map_delete_elem(&tasks, &pid);
	return 0;
}

INLINE struct clock_switch *clock_switch(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&clock_switches, &zero);
}

INLINE void tell_clock(void *ctx, struct clock_switch *s, u8 stage, u8 probe, u64 now, u64 value)
{
	struct wire_clocksource *r = begin(sizeof(*r), WIRE_CLOCKSOURCE, now);

	if (!r)
		return;
	r->by_tgid = s->tgid;
	r->by_pid = s->pid;
	r->number = s->number;
	r->ktime = s->ktime;
	r->value = value;
	r->stack = take_stack(ctx);
	r->stage = stage;
	r->probe = probe;
	r->reserved = 0;
	__builtin_memcpy(r->name, s->name, sizeof(r->name));
	end(r);
}

/* `step` of enum clock_step. */
INLINE int on_clock(void *ctx, u8 step, u8 probe, struct clocksource *c)
{
	struct clock_switch *s = clock_switch();
	u64 now = bpf_ktime_get_ns();

	if (!s || !recording)
		return 0;
	if (step == CLOCK_ENTRY) {
		u64 id = bpf_get_current_pid_tgid();

		s->ktime = now;
		s->number++;
		s->pid = id;
		s->tgid = id >> 32;
		s->read = 0;
		s->name[0] = 0;
	} else if (!s->step || s->step >= step || (step == CLOCK_RECALCULATION && s->step < config.clock_needed)) {
		/* Timekeeping goes on at every tick; only that of a switch is of interest, and only once. */
		return 0;
	}
	s->step = step;
	if (c) {
		const char *name = BPF_CORE_READ(c, name);

		bpf_probe_read_kernel_str(s->name, sizeof(s->name), name);
	}
	tell_clock(ctx, s,
		   step == CLOCK_ENTRY ? WIRE_CS_ENTRY :
		   step == CLOCK_RECALCULATION ? WIRE_CS_RECALCULATION :
						 WIRE_CS_CHANGE,
		   probe, now, 0);
	if (s->read && step >= config.clock_last)
		s->step = 0;
	return 0;
}

/*
 * Callbacks of clocksources (`clock_only`) serve the tracers' own time stamps too, ours among them: they tell when a new
 * clocksource is read first, but not whether a task has asked for the time.
 */
INLINE int on_read(void *ctx, bool clock_only, u8 probe, u64 value)
{
	u32 pid = bpf_get_current_pid_tgid();
	struct clock_switch *s = clock_switch();
	struct task_entry *e;
	u64 now;

	if (!recording)
		return 0;
	if (s && s->step && s->step >= config.clock_read_from && !s->read) {
		s->read = 1;
		tell_clock(ctx, s, WIRE_CS_FIRST_READ, probe, bpf_ktime_get_ns(), value);
		if (s->step >= config.clock_last)
			s->step = 0;
	}
	if (!pid || clock_only)
		return 0;
	e = bpf_map_lookup_elem(&tasks, &pid);
	if (!e || e->stage != STAGE_RUNNING)
		return 0;
	e->stage = STAGE_NONE;
	now = bpf_ktime_get_ns();
	/* The run has been counted since it began. */
	struct task_entry copy = *e;

	copy.runs--;
	tell_wake(WIRE_FIRST_READ, now, pid, &copy, take_stack(ctx), value, probe, now);
	return 0;
}

INLINE void tell_number(u16 kind, u8 probe, u32 number, u32 vcpu, u64 address, u64 value)
{
	struct wire_number *r;

	if (!recording || own_context() || !wanted_here())
		return;
	r = begin(sizeof(*r), kind, bpf_ktime_get_ns());
	if (!r)
		return;
	r->number = number;
	r->vcpu = vcpu;
	r->address = address;
	r->value = value;
	r->probe = probe;
	__builtin_memset(r->reserved, 0, sizeof(r->reserved));
	end(r);
}

#include "programs.bpf.h"
