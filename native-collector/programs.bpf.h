/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * One program for every label and way of attaching, called LABEL__WAY; the user side chooses which are loaded and to what they
 * are attached. Labels that take several functions have numbered slots.
 */

/* Argument `n` of a function, `n` being a constant: a position in the context must be one too. */
INLINE u64 argument(const u64 *ctx, u8 n)
{
	u64 v = 0;

	if (n == 0) {
		v = ctx[0];
		barrier_var(v);
	} else if (n == 1) {
		v = ctx[1];
		barrier_var(v);
	} else if (n == 2) {
		v = ctx[2];
		barrier_var(v);
	} else if (n == 3) {
		v = ctx[3];
		barrier_var(v);
	} else if (n == 4) {
		v = ctx[4];
		barrier_var(v);
	}
	return v;
}

INLINE u64 kprobe_argument(struct pt_regs *ctx, u8 n)
{
	switch (n) {
	case 0:
		return PT_REGS_PARM1_CORE(ctx);
	case 1:
		return PT_REGS_PARM2_CORE(ctx);
	case 2:
		return PT_REGS_PARM3_CORE(ctx);
	case 3:
		return PT_REGS_PARM4_CORE(ctx);
	default:
		return 0;
	}
}

SEC("fentry")
int ttwu__fentry(u64 *ctx)
{
	return on_ttwu(true, (struct task_struct *)argument(ctx, settings.ttwu.task),
		       argument(ctx, settings.ttwu.flags));
}

SEC("kprobe")
int ttwu__kprobe(struct pt_regs *ctx)
{
	return on_ttwu(false, (struct task_struct *)kprobe_argument(ctx, settings.ttwu.task),
		       kprobe_argument(ctx, settings.ttwu.flags));
}

SEC("fentry")
int activate__fentry(u64 *ctx)
{
	struct rq *rq = NULL;

	if (settings.activate.rq != NO_ARGUMENT)
		rq = (struct rq *)argument(ctx, settings.activate.rq);
	return on_activate(true, rq, (struct task_struct *)argument(ctx, settings.activate.task),
			   argument(ctx, settings.activate.flags));
}

SEC("kprobe")
int activate__kprobe(struct pt_regs *ctx)
{
	struct rq *rq = NULL;

	if (settings.activate.rq != NO_ARGUMENT)
		rq = (struct rq *)kprobe_argument(ctx, settings.activate.rq);
	return on_activate(false, rq, (struct task_struct *)kprobe_argument(ctx, settings.activate.task),
			   kprobe_argument(ctx, settings.activate.flags));
}

#define READ_SLOT(n)                                                                                            \
	SEC("fentry")                                                                                           \
	int read_##n##__fentry(u64 *ctx)                                                                        \
	{                                                                                                       \
		return on_read(ctx, settings.read[n].stage, settings.read[n].probe,                             \
			       argument(ctx, settings.read[n].value));                                          \
	}                                                                                                       \
	SEC("kprobe")                                                                                           \
	int read_##n##__kprobe(struct pt_regs *ctx)                                                             \
	{                                                                                                       \
		return on_read(ctx, settings.read[n].stage, settings.read[n].probe, 0);                         \
	}

READ_SLOT(0)
READ_SLOT(1)
READ_SLOT(2)
READ_SLOT(3)
READ_SLOT(4)
READ_SLOT(5)
READ_SLOT(6)
READ_SLOT(7)
READ_SLOT(8)
READ_SLOT(9)
READ_SLOT(10)
READ_SLOT(11)

#define CLOCK_SLOT(n)                                                                                           \
	SEC("fentry")                                                                                           \
	int clock_##n##__fentry(u64 *ctx)                                                                       \
	{                                                                                                       \
		u8 at = settings.clock[n].clocksource;                                                         \
		return on_clock(ctx, settings.clock[n].stage, settings.clock[n].probe,                        \
				at == NO_ARGUMENT ? NULL : (struct clocksource *)argument(ctx, at));            \
	}                                                                                                       \
	SEC("kprobe")                                                                                           \
	int clock_##n##__kprobe(struct pt_regs *ctx)                                                            \
	{                                                                                                       \
		u8 at = settings.clock[n].clocksource;                                                         \
		return on_clock(ctx, settings.clock[n].stage, settings.clock[n].probe,                        \
				at == NO_ARGUMENT ? NULL : (struct clocksource *)kprobe_argument(ctx, at));     \
	}

CLOCK_SLOT(0)
CLOCK_SLOT(1)
CLOCK_SLOT(2)
CLOCK_SLOT(3)
CLOCK_SLOT(4)
CLOCK_SLOT(5)

/* Tracepoints: with typed arguments (tp_btf), and without (raw_tp). */
#define TRACEPOINT(label, call)                                                                                 \
	SEC("tp_btf")                                                                                           \
	int label##__tp_btf(u64 *ctx)                                                                           \
	{                                                                                                       \
		const bool typed __attribute__((unused)) = true;                                   \
		return call;                                                                                    \
	}                                                                                                       \
	SEC("raw_tp")                                                                                           \
	int label##__raw_tp(u64 *ctx)                                                                           \
	{                                                                                                       \
		const bool typed __attribute__((unused)) = false;                                  \
		return call;                                                                                    \
	}

INLINE int typed_waking(bool typed, void *ctx, struct task_struct *p)
{
	u64 now = bpf_ktime_get_ns();
	struct seen s = seen_task(typed, p);

	return on_waking(ctx, &s, now);
}

INLINE int typed_switch(bool typed, struct task_struct *prev, struct task_struct *p)
{
	u64 now = bpf_ktime_get_ns();
	struct seen next = seen_task(typed, p);

	return on_switch(GET(typed, prev, pid), &next, now);
}

TRACEPOINT(waking, typed_waking(typed, ctx, (struct task_struct *)ctx[0]))
TRACEPOINT(wakeup, on_wakeup(GET(typed, (struct task_struct *)ctx[0], pid), cpu_of(typed, (struct task_struct *)ctx[0])))
TRACEPOINT(switch, typed_switch(typed, (struct task_struct *)ctx[1], (struct task_struct *)ctx[2]))
TRACEPOINT(exit, on_exit(GET(typed, (struct task_struct *)ctx[0], pid)))

INLINE int on_hrtimer(bool typed, struct hrtimer *timer)
{
	tell_number(WIRE_HRTIMER, config.probe[WIRE_HRTIMER], WIRE_NONE, WIRE_NONE, (u64)GET(typed, timer, function),
		    GET(typed, timer, _softexpires));
	return 0;
}

INLINE int on_irq_entry(bool typed, u32 irq, struct irqaction *action)
{
	tell_number(WIRE_IRQ_ENTRY, config.probe[WIRE_IRQ_ENTRY], irq, WIRE_NONE, (u64)GET(typed, action, handler), 0);
	return 0;
}

INLINE int on_number(u16 kind, u32 number, u64 value)
{
	tell_number(kind, config.probe[kind], number, WIRE_NONE, 0, value);
	return 0;
}

TRACEPOINT(hrtimer, on_hrtimer(typed, (struct hrtimer *)ctx[0]))
TRACEPOINT(irq_entry, on_irq_entry(typed, ctx[0], (struct irqaction *)ctx[1]))
TRACEPOINT(irq_exit, on_number(WIRE_IRQ_EXIT, ctx[0], ctx[2]))
TRACEPOINT(softirq_entry, on_number(WIRE_SOFTIRQ_ENTRY, ctx[0], 0))
TRACEPOINT(softirq_exit, on_number(WIRE_SOFTIRQ_EXIT, ctx[0], 0))
TRACEPOINT(cpu_idle, on_number(WIRE_CPU_IDLE, ctx[0], 0))

/*
 * Plain tracepoints: what is left where the kernel takes no other way. And those of KVM, which carry the exit reason that the
 * arguments of newer kernels' tracepoints do not.
 */
#define FIELD(kind, n) config.field[kind][n]

SEC("tp")
int waking__tp(void *ctx)
{
	u64 now = bpf_ktime_get_ns();
	struct seen s = seen_record(ctx, FIELD(WIRE_WAKING, 0), FIELD(WIRE_WAKING, 1), FIELD(WIRE_WAKING, 2));

	return on_waking(ctx, &s, now);
}

SEC("tp")
int wakeup__tp(void *ctx)
{
	return on_wakeup(record_field(ctx, FIELD(WIRE_WAKEUP, 0)), record_field(ctx, FIELD(WIRE_WAKEUP, 1)));
}

SEC("tp")
int switch__tp(void *ctx)
{
	u64 now = bpf_ktime_get_ns(), me = bpf_get_current_pid_tgid();
	u32 left = record_field(ctx, FIELD(WIRE_SWITCH_IN, 0));
	struct seen next = seen_record(ctx, FIELD(WIRE_SWITCH_IN, 1), 0, FIELD(WIRE_SWITCH_IN, 2));

	/* Records do not tell thread groups; that of the task which leaves is known, and it will be woken after this. */
	if (recording && left && left == (u32)me) {
		struct task_entry *e = bpf_map_lookup_elem(&tasks, &left);

		if (!e) {
			struct seen prev = { .pid = left, .tgid = me >> 32 };

			bpf_get_current_comm(prev.comm, sizeof(prev.comm));
			entry_of(&prev, now);
		} else if (!e->tgid) {
			e->tgid = me >> 32;
		}
	}
	return on_switch(left, &next, now);
}

SEC("tp")
int exit__tp(void *ctx)
{
	return on_exit(record_field(ctx, FIELD(EXIT_KIND, 0)));
}

SEC("tp")
int hrtimer__tp(void *ctx)
{
	u64 function = 0;

	bpf_probe_read_kernel(&function, sizeof(function), ctx + FIELD(WIRE_HRTIMER, 0));
	tell_number(WIRE_HRTIMER, config.probe[WIRE_HRTIMER], WIRE_NONE, WIRE_NONE, function, 0);
	return 0;
}

#define NUMBER_RECORD(label, kind)                                                                              \
	SEC("tp")                                                                                               \
	int label##__tp(void *ctx)                                                                              \
	{                                                                                                       \
		return on_number(kind, record_field(ctx, FIELD(kind, 0)),                                       \
				 FIELD(kind, 1) ? record_field(ctx, FIELD(kind, 1)) : 0);                       \
	}

NUMBER_RECORD(irq_entry, WIRE_IRQ_ENTRY)
NUMBER_RECORD(irq_exit, WIRE_IRQ_EXIT)
NUMBER_RECORD(softirq_entry, WIRE_SOFTIRQ_ENTRY)
NUMBER_RECORD(softirq_exit, WIRE_SOFTIRQ_EXIT)
NUMBER_RECORD(cpu_idle, WIRE_CPU_IDLE)

SEC("tp")
int kvm_entry__tp(void *ctx)
{
	tell_number(WIRE_KVM_ENTRY, config.probe[WIRE_KVM_ENTRY], WIRE_NONE, record_field(ctx, FIELD(WIRE_KVM_ENTRY, 0)), 0, 0);
	return 0;
}

SEC("tp")
int kvm_exit__tp(void *ctx)
{
	tell_number(WIRE_KVM_EXIT, config.probe[WIRE_KVM_EXIT], record_field(ctx, FIELD(WIRE_KVM_EXIT, 1)),
		    record_field(ctx, FIELD(WIRE_KVM_EXIT, 0)), 0, 0);
	return 0;
}
