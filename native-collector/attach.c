/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* The kernel side in two versions, see Makefile. */
extern const char object_fetch[], object_fetch_end[], object_plain[], object_plain_end[];

/* Tells the kernel side of a chosen candidate, and names the program that serves it. */
static void place(struct settings *s, struct probe *p, int index, int slot[2], char *program, size_t size)
{
	const struct candidate *c = &p->candidate[p->attached];
	struct arguments a = c->arguments;
	const char *way = c->way == FEXIT ? "fentry" : way_names[c->way];
	const struct label *label = label_of(p->label);

	a.probe = index;
	snprintf(program, size, "%s__%s", p->label, way);
	if (!strcmp(p->label, "ttwu")) {
		s->ttwu = a;
		s->config.ttwu = 1;
	} else if (!strcmp(p->label, "activate")) {
		s->activate = a;
		s->config.activate = 1;
	} else if (!strcmp(p->label, "read") || !strcmp(p->label, "clocksource_read")) {
		p->slot = slot[0]++;
		s->read[p->slot] = a;
		s->config.reads |= !a.stage;
		snprintf(program, size, "read_%d__%s", p->slot, way);
	} else if (!strncmp(p->label, "clocksource_", 12)) {
		p->slot = slot[1]++;
		s->clock[p->slot] = a;
		snprintf(program, size, "clock_%d__%s", p->slot, way);
		if (a.stage > s->config.clock_last)
			s->config.clock_last = a.stage;
	} else {
		s->config.probe[label->kind] = index;
		for (int f = 0; c->way == TP && f < RECORD_FIELDS && label->fields[f]; f++)
			s->config.field[label->kind][f] = field_position(c->name, label->fields[f]);
	}
}

static bool has_step(const struct settings *s, int clocks, int step)
{
	for (int i = 0; i < clocks; i++)
		if (s->clock[i].stage == step)
			return true;
	return false;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static char loader_said[4096];
static int remember(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t at = strlen(loader_said);

	if (level == LIBBPF_WARN && at < sizeof(loader_said) - 1)
		vsnprintf(loader_said + at, sizeof(loader_said) - at, format, arguments);
	return 0;
}

static struct bpf_link *attach_program(struct bpf_program *program, const struct candidate *c)
{
	char system[96];
	char *slash;

	switch (c->way) {
	case KPROBE:
		return bpf_program__attach_kprobe(program, false, c->name);
	case RAW_TP:
		return bpf_program__attach_raw_tracepoint(program, c->name);
	case TP:
		snprintf(system, sizeof(system), "%s", c->name);
		slash = strchr(system, '/');
		if (!slash)
			return NULL;
		*slash = 0;
		return bpf_program__attach_tracepoint(program, system, slash + 1);
	default:
		return bpf_program__attach_trace(program);
	}
}

void record(struct bpf_object *object, bool on)
{
	for (struct bpf_map *map = NULL; (map = bpf_object__next_map(object, map));) {
		uint32_t zero = 0, value[16] = { on };

		/* The section holds that one variable. */
		if (strstr(bpf_map__name(map), ".bss") && bpf_map__value_size(map) <= sizeof(value))
			bpf_map__update_elem(map, &zero, sizeof(zero), value, bpf_map__value_size(map), BPF_ANY);
	}
}

static struct bpf_link *links[MAX_PROBES];
static int link_count;

void detach(void)
{
	for (int i = 0; i < link_count; i++)
		bpf_link__destroy(links[i]);
	link_count = 0;
}

void keep_loader_quiet(const struct options *o)
{
	libbpf_set_print(o->verbose ? remember : quiet);
}

static void need_one(const struct table *t)
{
	bool forbidden = false;

	for (int i = 0; i < t->count; i++) {
		if (t->probe[i].attached >= 0)
			return;
		forbidden |= strstr(t->probe[i].because, "tp_btf") && strstr(t->probe[i].because, "not permitted");
	}
	if (forbidden)
		fail("eBPF is forbidden to this process: it lacks CAP_BPF and CAP_PERFMON, as in a container, or the kernel is "
		     "locked down; record on the machine itself, as root.");
	fail("This kernel lets none of the probes be attached to it (%s); remora-collect --list tells why for each.",
	     t->probe[0].because);
}

struct bpf_object *attach(struct table *t, struct options *o, bool fetch)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "remora", .btf_custom_path = o->btf);
	const char *bytes = fetch ? object_fetch : object_plain, *stop = fetch ? object_fetch_end : object_plain_end;
	struct settings settings = { .config = o->config };
	struct bpf_program *programs[MAX_PROBES] = {}, *program;
	int slot[2] = {}, error;
	struct bpf_object *object;
	char name[64];

	need_one(t);
	object = bpf_object__open_mem(bytes, stop - bytes, &opts);
	if (!object)
		fail("The kernel side does not open: %s.", strerror(errno));
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, false);
	for (int i = 0; i < t->count; i++) {
		struct probe *p = &t->probe[i];
		const struct candidate *c = &p->candidate[p->attached < 0 ? 0 : p->attached];

		if (p->attached < 0)
			continue;
		place(&settings, p, i, slot, name, sizeof(name));
		program = bpf_object__find_program_by_name(object, name);
		if (!program)
			fail("A probe %s cannot be attached by %s.", p->label, way_names[c->way]);
		bpf_program__set_autoload(program, true);
		if (c->way == FEXIT)
			bpf_program__set_expected_attach_type(program, BPF_TRACE_FEXIT);
		if (c->way == FENTRY || c->way == FEXIT || c->way == TP_BTF) {
			error = bpf_program__set_attach_target(program, 0, c->name);
			if (error)
				fail("%s:%s is no target: %s.", way_names[c->way], c->name, strerror(-error));
		}
		programs[i] = program;
		if (c->way == TP && !strcmp(p->label, "waking") && o->config.cgroup)
			fail("--cgroup needs tp_btf:sched_waking or raw_tp:sched_waking: a plain tracepoint does not tell the "
			     "task's cgroup.");
	}
	settings.config.clock_read_from = has_step(&settings, slot[1], CLOCK_SETUP) ? CLOCK_SETUP : settings.config.clock_last;
	settings.config.clock_needed = has_step(&settings, slot[1], CLOCK_SETUP)  ? CLOCK_SETUP :
				       has_step(&settings, slot[1], CLOCK_CHANGE) ? CLOCK_CHANGE :
										    CLOCK_ENTRY;
	for (struct bpf_map *map = NULL; (map = bpf_object__next_map(object, map));) {
		if (!strcmp(bpf_map__name(map), "ring"))
			bpf_map__set_max_entries(map, o->buffer_mib << 20);
		if (strstr(bpf_map__name(map), "stacks") && !o->config.stacks)
			bpf_map__set_max_entries(map, 1);
		if (strstr(bpf_map__name(map), ".rodata") && bpf_map__value_size(map) == sizeof(settings))
			bpf_map__set_initial_value(map, &settings, sizeof(settings));
	}
	error = bpf_object__load(object);
	if (error == -ENOMEM)
		fail("There is no memory for a buffer of %u MiB: take a smaller one with --buffer.", o->buffer_mib);
	if (error)
		fail("The kernel does not load the probes (%s).%s%s", strerror(-error), o->verbose ? "\n" : " --verbose tells why.",
		     loader_said);
	for (int i = 0; i < t->count; i++) {
		struct probe *p = &t->probe[i];
		struct bpf_link *link;

		if (!programs[i])
			continue;
		link = attach_program(programs[i], &p->candidate[p->attached]);
		if (link) {
			links[link_count++] = link;
			continue;
		}
		snprintf(p->because, sizeof(p->because), "%s:%s: the kernel refuses to attach (%s)",
			 way_names[p->candidate[p->attached].way], p->candidate[p->attached].name, strerror(errno));
		p->attached = -1;
	}
	if (!link_count)
		fail("None of the probes could be attached on this kernel; remora-collect --list tells why.");
	o->config = settings.config;
	return object;
}

uint64_t skipped_runs(struct bpf_object *object)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			sum += info.recursion_misses;
	}
	return sum;
}
