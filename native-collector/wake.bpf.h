/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Wake-ups, from try_to_wake_up to the task's switch-in. */

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
INLINE struct task_entry *entry_of(const struct seen *s, u64 now)
{
	u32 pid = s->pid;
	struct task_entry *e = bpf_map_lookup_elem(&tasks, &pid);

	if (e) {
		if (e->comm[0] != s->comm[0] || e->comm[1] != s->comm[1]) {
			e->comm[0] = s->comm[0];
			e->comm[1] = s->comm[1];
			tell_task(now, pid, e->tgid, s->comm);
		}
		return e;
	}
	struct task_entry fresh = {};

	fresh.tgid = s->tgid;
	fresh.comm[0] = s->comm[0];
	fresh.comm[1] = s->comm[1];
	bpf_map_update_elem(&tasks, &pid, &fresh, BPF_NOEXIST);
	e = bpf_map_lookup_elem(&tasks, &pid);
	if (!e) {
		struct counts *c = counts_here();

		if (c)
			(void)__sync_fetch_and_add(&c->lost_tasks, 1);
		return NULL;
	}
	tell_task(now, pid, fresh.tgid, s->comm);
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

INLINE int on_waking(void *ctx, const struct seen *s, u64 now)
{
	u32 pid = s->pid, zero = 0;
	struct task_entry *e;
	bool called = false;
	u64 me;

	if (!recording || own(s->tgid) || own_context() || !wanted(s))
		return 0;
	e = entry_of(s, now);
	if (!e)
		return 0;
	me = bpf_get_current_pid_tgid();
	e->ktime = now;
	e->flags_entry = WIRE_NONE;
	e->flags_activate = WIRE_NONE;
	e->state = s->state;
	e->waker = me;
	e->waker_cpu = bpf_get_smp_processor_id();
	e->prev_cpu = s->cpu;
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

INLINE int on_wakeup(u32 pid, s16 cpu)
{
	struct task_entry *e = bpf_map_lookup_elem(&tasks, &pid);
	u64 now;

	if (!recording || !e || e->stage != STAGE_WOKEN)
		return 0;
	e->target_cpu = cpu;
	if (config.activate && e->path == WIRE_PATH_UNKNOWN)
		e->path = WIRE_PATH_RUNNABLE;
	if (config.min_latency)
		return 0;
	now = bpf_ktime_get_ns();
	tell_wake(WIRE_WAKEUP, now, pid, e, WIRE_NO_STACK, 0, config.probe[WIRE_WAKEUP], now);
	return 0;
}

INLINE int on_switch(u32 left, const struct seen *next, u64 now)
{
	u32 pid = next->pid;
	struct task_entry *e;

	if (!recording)
		return 0;
	if (config.reads) {
		e = left ? bpf_map_lookup_elem(&tasks, &left) : NULL;
		if (e && e->stage == STAGE_RUNNING)
			e->stage = STAGE_NONE;
	}
	if (!pid)
		return 0;
	e = entry_of(next, now);
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

INLINE int on_exit(u32 pid)
{
	bpf_map_delete_elem(&tasks, &pid);
	return 0;
}
