/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const way_names[WAYS] = { "fentry", "fexit", "kprobe", "tp_btf", "raw_tp", "tp" };

/* The table that comes with the program; see Makefile. */
extern const char builtin_probes[], builtin_probes_end[];

static const struct label labels[] = {
	{ "ttwu", "wake", 1, 0, -1, {} },
	{ "activate", "wake", 1, 0, -1, {} },
	{ "waking", "wake", 1, 0, WIRE_WAKING, { "pid", "target_cpu", "comm" } },
	{ "wakeup", "wake", 1, 0, WIRE_WAKEUP, { "pid", "target_cpu" } },
	{ "switch", "wake", 1, 0, WIRE_SWITCH_IN, { "prev_pid", "next_pid", "next_comm" } },
	{ "exit", "wake", 1, 0, EXIT_KIND, { "pid" } },
	{ "read", "read", READ_SLOTS, 0, -1, {} },
	{ "clocksource_read", "clock", READ_SLOTS, 1, -1, {} },
	{ "clocksource_entry", "clock", CLOCK_SLOTS, CLOCK_ENTRY, -1, {} },
	{ "clocksource_change", "clock", CLOCK_SLOTS, CLOCK_CHANGE, -1, {} },
	{ "clocksource_setup", "clock", CLOCK_SLOTS, CLOCK_SETUP, -1, {} },
	{ "clocksource_recalculation", "clock", CLOCK_SLOTS, CLOCK_RECALCULATION, -1, {} },
	{ "hrtimer", "hrtimer", 1, 0, WIRE_HRTIMER, { "function" } },
	{ "irq_entry", "irq", 1, 0, WIRE_IRQ_ENTRY, { "irq" } },
	{ "irq_exit", "irq", 1, 0, WIRE_IRQ_EXIT, { "irq", "ret" } },
	{ "softirq_entry", "softirq", 1, 0, WIRE_SOFTIRQ_ENTRY, { "vec" } },
	{ "softirq_exit", "softirq", 1, 0, WIRE_SOFTIRQ_EXIT, { "vec" } },
	{ "cpu_idle", "idle", 1, 0, WIRE_CPU_IDLE, { "state" } },
	{ "kvm_entry", "kvm", 1, 0, WIRE_KVM_ENTRY, { "?vcpu_id" } },
	{ "kvm_exit", "kvm", 1, 0, WIRE_KVM_EXIT, { "?vcpu_id", "exit_reason" } },
};
#define LABELS ((int)(sizeof(labels) / sizeof(labels[0])))

const struct label *label_of(const char *name)
{
	for (int i = 0; i < LABELS; i++)
		if (!strcmp(labels[i].name, name))
			return &labels[i];
	return NULL;
}

static unsigned int release_number(const char *text)
{
	unsigned int major = 0, minor = 0;

	sscanf(text, "%u.%u", &major, &minor);
	return major * 1000 + minor;
}

/* [5.8-6.0]: from, up to but without. */
static bool in_range(const char *range, unsigned int release)
{
	const char *dash = strchr(range, '-');
	unsigned int from = isdigit((unsigned char)range[1]) ? release_number(range + 1) : 0;
	unsigned int to = dash && isdigit((unsigned char)dash[1]) ? release_number(dash + 1) : ~0u;

	return release >= from && release < to;
}

static bool in_groups(const char *groups, const char *group)
{
	size_t n = strlen(group);

	for (const char *p = groups; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, group, n) && (p[n] == 0 || p[n] == ','))
			return true;
	}
	return false;
}

static const char *parse_arguments(char *text, struct arguments *a)
{
	char *save = NULL;
	__u8 at = 0;

	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save), at++) {
		if (!strcmp(word, "task"))
			a->task = at;
		else if (!strcmp(word, "flags"))
			a->flags = at;
		else if (!strcmp(word, "rq"))
			a->rq = at;
		else if (!strcmp(word, "clocksource"))
			a->clocksource = at;
		else if (strcmp(word, "-"))
			return word;
	}
	a->value = at;
	return NULL;
}

static void parse_candidate(struct candidate *c, char *text, const char *where, int line)
{
	char *name = strchr(text, ':'), *open, *close;
	bool value = false;
	const char *wrong;

	memset(c, 0, sizeof(*c));
	memset(&c->arguments, NO_ARGUMENT, sizeof(c->arguments));
	if (!name)
		fail("%s, line %d: \"%s\" is no candidate, which is WAY:NAME.", where, line, text);
	*name++ = 0;
	c->way = WAYS;
	for (int w = 0; w < WAYS; w++)
		if (!strcmp(way_names[w], text))
			c->way = w;
	if (c->way == WAYS)
		fail("%s, line %d: \"%s\" is no way to attach (fentry, fexit, kprobe, tp_btf, raw_tp, tp).", where, line, text);
	open = strchr(name, '(');
	if (open) {
		*open++ = 0;
		close = strchr(open, ')');
		if (!close)
			fail("%s, line %d: a closing parenthesis is missing.", where, line);
		*close++ = 0;
		value = !strcmp(close, "=value");
		wrong = parse_arguments(open, &c->arguments);
		if (wrong)
			fail("%s, line %d: \"%s\" is no argument (task, flags, rq, clocksource, -).", where, line, wrong);
	}
	if (!value || c->way != FEXIT)
		c->arguments.value = NO_ARGUMENT;
	snprintf(c->name, sizeof(c->name), "%s", name);
}

static void parse_line(struct table *t, char *line, const char *where, int number, unsigned int release, const char *groups)
{
	char *save = NULL, *word;
	const struct label *label;
	struct probe *p;

	line[strcspn(line, "#\n")] = 0;
	word = strtok_r(line, " \t", &save);
	if (!word)
		return;
	label = label_of(word);
	if (!label)
		fail("%s, line %d: \"%s\" is no label of a probe.", where, number, word);
	word = strtok_r(NULL, " \t", &save);
	if (word && word[0] == '[') {
		if (!in_range(word, release))
			return;
		word = strtok_r(NULL, " \t", &save);
	}
	if (!in_groups(groups, label->group))
		return;
	if (t->count == MAX_PROBES)
		fail("%s, line %d: more than %d probes.", where, number, MAX_PROBES);
	p = &t->probe[t->count++];
	memset(p, 0, sizeof(*p));
	snprintf(p->label, sizeof(p->label), "%s", label->name);
	p->group = label->group;
	p->attached = -1;
	for (; word; word = strtok_r(NULL, " \t", &save)) {
		if (p->candidates == 4)
			fail("%s, line %d: more than 4 candidates.", where, number);
		parse_candidate(&p->candidate[p->candidates], word, where, number);
		p->candidate[p->candidates++].arguments.stage = label->step;
	}
	if (!p->candidates)
		fail("%s, line %d: a probe needs a candidate.", where, number);
}

static void parse(struct table *t, const char *text, size_t size, const char *where, unsigned int release, const char *groups)
{
	char line[1024];
	int number = 0;

	for (const char *p = text, *end = text + size; p < end;) {
		const char *stop = memchr(p, '\n', end - p);
		size_t n = (stop ? stop : end) - p;

		number++;
		if (n >= sizeof(line))
			fail("%s, line %d: longer than %zu characters.", where, number, sizeof(line));
		memcpy(line, p, n);
		line[n] = 0;
		parse_line(t, line, where, number, release, groups);
		p += n + 1;
	}
}

void read_table(struct table *t, const struct options *o, const char *release)
{
	unsigned int number = release_number(release);

	if (o->probes) {
		static char text[65536];
		FILE *f = fopen(o->probes, "r");
		size_t n;

		if (!f)
			fail("%s cannot be read: %s.", o->probes, strerror(errno));
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
		if (n == sizeof(text))
			fail("%s is longer than a table of probes may be (64 KiB).", o->probes);
		parse(t, text, n, o->probes, number, o->groups);
	}
	parse(t, builtin_probes, builtin_probes_end - builtin_probes, "probes.conf", number, o->groups);
	if (!t->count)
		fail("--groups %s names no group (wake, read, clock, irq, softirq, hrtimer, idle, kvm).", o->groups);
}
