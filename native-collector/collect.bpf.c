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

#include "maps.bpf.h"

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

/* What a probe knows of a task. */
struct seen {
	/* NULL in plain tracepoints, whose records name the task only. */
	struct task_struct *task;
	u64 comm[2];
	u32 pid;
	/* 0 = not known */
	u32 tgid;
	/* WIRE_NONE = not known */
	u32 state;
	s16 cpu;
};

INLINE struct seen seen_task(bool typed, struct task_struct *p)
{
	struct seen s = { .task = p, .pid = GET(typed, p, pid), .tgid = GET(typed, p, tgid), .state = state_of(typed, p) };

	s.cpu = cpu_of(typed, p);
	comm_of(typed, p, s.comm);
	return s;
}

/* A field of a plain tracepoint's record; where it lies the user side has read from the tracepoint's format. */
INLINE u32 record_field(void *ctx, u16 at)
{
	u32 v = WIRE_NONE;

	if (at)
		bpf_probe_read_kernel(&v, sizeof(v), ctx + at);
	return v;
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

/* Of a plain tracepoint: the fields are the task's id, its CPU (`cpu`, 0 = not told) and its name. */
INLINE struct seen seen_record(void *ctx, u16 pid, u16 cpu, u16 comm)
{
	struct seen s = { .pid = record_field(ctx, pid), .state = WIRE_NONE, .cpu = record_field(ctx, cpu) };
	struct task_entry *e = bpf_map_lookup_elem(&tasks, &s.pid);

	if (e)
		s.tgid = e->tgid;
	bpf_probe_read_kernel(s.comm, 16, ctx + comm);
	return s;
}

#include "filter.bpf.h"
#include "wake.bpf.h"
#include "clock.bpf.h"

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
