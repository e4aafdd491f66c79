/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON lines, with the field names that probe records have elsewhere (timestamp_ns, probe_name, delta_chain_id ...). */
#include "collect.h"
#include "xxh64.h"
#include <stdlib.h>
#include <string.h>

#define KNOWN_TASKS (1 << 17)
#define KNOWN_STACKS (STACKS + MORE_STACKS)

static char comms[KNOWN_TASKS][16];
static char *stacks[KNOWN_STACKS];

static const char *comm_of(uint32_t pid)
{
	return pid ? comms[pid % KNOWN_TASKS] : "<idle>";
}

/* A stack as a JSON list of its symbols. */
static char *stack_text(const struct wire_stack *s)
{
	struct text t = {};
	char name[560];

	text_add(&t, "[");
	for (uint32_t i = 0; i < s->count; i++) {
		symbol_text(s->address[i], name, sizeof(name));
		text_add(&t, i ? "," : "");
		text_string(&t, name);
	}
	text_add(&t, "]");
	return t.bytes;
}

void json_learn(const struct wire_head *head)
{
	if (head->kind == WIRE_TASK) {
		const struct wire_task *r = (const void *)head;

		memcpy(comms[r->task % KNOWN_TASKS], r->comm, 16);
		comms[r->task % KNOWN_TASKS][15] = 0;
	} else if (head->kind == WIRE_STACK) {
		const struct wire_stack *r = (const void *)head;

		if (r->id < 0 || r->id >= KNOWN_STACKS)
			return;
		free(stacks[r->id]);
		stacks[r->id] = stack_text(r);
	}
}

/* Members of one JSON object, written as they come. */
static struct text line;

static void number(const char *key, unsigned long long v)
{
	text_add(&line, ",\"%s\":%llu", key, v);
}

static void signed_number(const char *key, long long v)
{
	text_add(&line, ",\"%s\":%lld", key, v);
}

static void known(const char *key, uint32_t v)
{
	if (v != WIRE_NONE)
		number(key, v);
}

static void hex(const char *key, uint64_t v, int digits)
{
	text_add(&line, ",\"%s\":\"%0*llx\"", key, digits, (unsigned long long)v);
}

static void string(const char *key, const char *v)
{
	text_add(&line, ",\"%s\":", key);
	text_string(&line, v);
}

static void flags(const char *key, uint32_t v)
{
	if (v != WIRE_NONE)
		text_add(&line, ",\"%s\":\"0x%x\"", key, v);
}

static void stack(int32_t id)
{
	if (id >= 0 && id < KNOWN_STACKS && stacks[id])
		text_add(&line, ",\"stack\":%s", stacks[id]);
}

static void wake(const struct wire_wake *r)
{
	static const char *const paths[] = { "unknown", "runnable", "wakelist", "direct", "current" };

	hex("correlation_id", correlation_id(r->wakee_tgid, r->wakee, r->run_seq, r->ktime), 16);
	hex("delta_chain_id", correlation_id(r->wakee_tgid, r->wakee, r->run_seq, r->ktime), 16);
	number("tgid", r->wakee_tgid);
	number("pid", r->wakee);
	string("comm", comm_of(r->wakee));
	number("run_seq", r->run_seq);
	number("ktime_ns", r->ktime);
	number("by_pid", r->waker);
	string("by_comm", comm_of(r->waker));
	number("by_cpu", r->waker_cpu);
	flags("wake_flags", r->flags_entry);
	flags("wake_flags_activate", r->flags_activate);
	known("state_before", r->state);
	if (r->prev_cpu >= 0)
		signed_number("prev_cpu", r->prev_cpu);
	if (r->target_cpu >= 0)
		signed_number("target_cpu", r->target_cpu);
	if (r->path && r->path < 5)
		string("path", paths[r->path]);
	if (r->head.time > r->ktime)
		number("since_wake_ns", r->head.time - r->ktime);
	if (r->head.kind == WIRE_ACTIVATE && r->value)
		number("rq_clock", r->value);
	if (r->head.kind == WIRE_FIRST_READ && r->value)
		number("ktime", r->value);
	stack(r->stack);
}

static void clocksource(const struct wire_clocksource *r)
{
	static const char *const stages[] = { "entry", "change", "first_read", "recalculation" };

	hex("delta_chain_id", correlation_id(r->by_tgid, r->by_pid, r->number, r->ktime), 16);
	string("stage", r->stage < 4 ? stages[r->stage] : "unknown");
	string("clocksource", r->name);
	number("pid", r->head.pid);
	string("comm", comm_of(r->head.pid));
	number("by_pid", r->by_pid);
	string("by_comm", comm_of(r->by_pid));
	if (r->head.time > r->ktime)
		number("since_entry_ns", r->head.time - r->ktime);
	if (r->value)
		number("ktime", r->value);
	stack(r->stack);
}

static void plain(const struct wire_number *r)
{
	number("pid", r->head.pid);
	string("comm", comm_of(r->head.pid));
	known("number", r->number);
	known("vcpu", r->vcpu);
	if (r->address) {
		char name[560];

		symbol_text(r->address, name, sizeof(name));
		string("function", name);
	}
	if (r->value)
		number("value", r->value);
}

static const char *probe_name(const struct wire_head *head, const struct table *t)
{
	uint8_t probe = WIRE_NO_PROBE;

	if (head->kind <= WIRE_FIRST_READ)
		probe = ((const struct wire_wake *)head)->probe;
	else if (head->kind == WIRE_CLOCKSOURCE)
		probe = ((const struct wire_clocksource *)head)->probe;
	else if (head->kind <= WIRE_CPU_IDLE)
		probe = ((const struct wire_number *)head)->probe;
	if (probe < t->count && t->probe[probe].attached >= 0)
		return t->probe[probe].candidate[t->probe[probe].attached].name;
	return "unknown";
}

static void clocks(const struct wire_clocks *r)
{
	number("mono", r->mono);
	number("raw", r->raw);
	number("boot", r->boot);
	number("real", r->real);
	number("tsc", r->tsc);
	number("width", r->width);
	string("clocksource", r->clocksource);
}

static void counts(const struct wire_counts *r)
{
	number("records", r->records);
	number("lost", r->lost);
	number("lost_stacks", r->lost_stacks);
	number("lost_tasks", r->lost_tasks);
}

size_t json_record(FILE *out, const struct wire_head *head, const struct table *t, const char *session)
{
	static const char *const names[] = { "ttwu",	  "activate",  "waking",   "wakeup",	    "switch_in",
					     "first_read", "clocksource", "hrtimer",  "irq_entry",	    "irq_exit",
					     "softirq_entry", "softirq_exit", "kvm_entry", "kvm_exit", "cpu_idle" };

	line.length = 0;
	text_add(&line, "{\"timestamp_ns\":%llu", (unsigned long long)head->time);
	if (head->kind <= WIRE_CPU_IDLE) {
		string("probe_name", probe_name(head, t));
		string("kind", names[head->kind]);
		if (*session)
			string("session_id", session);
		number("cpu_id", head->cpu);
		number("seq", head->seq);
		if (head->kind <= WIRE_FIRST_READ)
			wake((const void *)head);
		else if (head->kind == WIRE_CLOCKSOURCE)
			clocksource((const void *)head);
		else
			plain((const void *)head);
	} else if (head->kind == WIRE_CLOCKS) {
		string("record", "clocks");
		clocks((const void *)head);
	} else if (head->kind == WIRE_COUNTS) {
		string("record", "counts");
		number("cpu_id", head->cpu);
		counts((const void *)head);
	} else if (head->kind == WIRE_NOTE || head->kind == WIRE_END) {
		string("record", head->kind == WIRE_END ? "end" : "note");
		string("text", ((const struct wire_note *)head)->text);
	} else {
		return 0;
	}
	text_add(&line, "}\n");
	return fwrite(line.bytes, 1, line.length, out);
}
