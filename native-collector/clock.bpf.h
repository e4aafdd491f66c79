/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Clocksource switches, and first timekeeping reads. */

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
