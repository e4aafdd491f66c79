/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* The kernel side in two versions, see Makefile. */
extern const char object_fetch[], object_fetch_end[], object_plain[], object_plain_end[];

static struct btf *kernel_btf;

/* return 0 */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int refused(char *why, size_t size, const char *what, int error)
{
	const char *said = error == EPERM || error == EACCES ? "not permitted" : strerror(error);

	snprintf(why, size, "%s (%s)", what, said);
	return -1;
}

/* Loads a program that does nothing for a typed attachment and attaches it for a moment. */
static int try_typed(const char *name, enum way way, char *why, size_t size)
{
	static const enum bpf_attach_type type[] = { [FENTRY] = BPF_TRACE_FENTRY,
						     [FEXIT] = BPF_TRACE_FEXIT,
						     [TP_BTF] = BPF_TRACE_RAW_TP };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type[way]);
	char typedefed[128];
	int id, fd, link;

	if (way == TP_BTF) {
		snprintf(typedefed, sizeof(typedefed), "btf_trace_%s", name);
		id = btf__find_by_name_kind(kernel_btf, typedefed, BTF_KIND_TYPEDEF);
	} else {
		id = btf__find_by_name_kind(kernel_btf, name, BTF_KIND_FUNC);
	}
	if (id <= 0) {
		snprintf(why, size, "this kernel has no such %s", way == TP_BTF ? "tracepoint" : "function in its BTF");
		return -1;
	}
	opts.attach_btf_id = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", nothing, 2, &opts);
	if (fd < 0)
		return refused(why, size, "the kernel does not load it", errno);
	link = bpf_raw_tracepoint_open(NULL, fd);
	if (link < 0)
		refused(why, size, "the kernel refuses to attach", errno);
	else
		close(link);
	close(fd);
	return link < 0 ? -1 : 0;
}

static int try_raw_tp(const char *name, char *why, size_t size)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, "GPL", nothing, 2, NULL), link;

	if (fd < 0)
		return refused(why, size, "the kernel does not load it", errno);
	link = bpf_raw_tracepoint_open(name, fd);
	if (link < 0)
		refused(why, size, "the kernel refuses to attach", errno);
	else
		close(link);
	close(fd);
	return link < 0 ? -1 : 0;
}

static int try_kprobe(const char *name, char *why, size_t size)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .sample_period = 1, .wakeup_events = 1 };
	FILE *f = fopen("/sys/bus/event_source/devices/kprobe/type", "r");
	int type = 0, fd;

	if (!f || fscanf(f, "%d", &type) != 1) {
		if (f)
			fclose(f);
		snprintf(why, size, "this kernel has no kprobes");
		return -1;
	}
	fclose(f);
	attr.type = type;
	attr.config1 = (uint64_t)(uintptr_t)name;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return refused(why, size, "the kernel refuses to attach", errno);
	close(fd);
	return 0;
}

static FILE *tracepoint_file(const char *name, const char *file)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[256];
	FILE *f = NULL;

	for (int i = 0; i < 2 && !f; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/%s", roots[i], name, file);
		f = fopen(path, "r");
	}
	return f;
}

static int try_tp(const char *name, char *why, size_t size)
{
	FILE *f = tracepoint_file(name, "id");

	if (!f) {
		snprintf(why, size, "this kernel has no such tracepoint");
		return -1;
	}
	fclose(f);
	return 0;
}

/* Byte position of a field in a plain tracepoint's record; 0 = there is none. */
static __u16 field_position(const char *name, const char *field)
{
	FILE *f = tracepoint_file(name, "format");
	char line[512], wanted[64];
	unsigned int at = 0;

	snprintf(wanted, sizeof(wanted), " %s;", field);
	while (f && fgets(line, sizeof(line), f)) {
		char *offset = strstr(line, "offset:");

		if (strstr(line, wanted) && offset && sscanf(offset, "offset:%u", &at) == 1)
			break;
	}
	if (f)
		fclose(f);
	return at;
}

static int try_candidate(const struct candidate *c, char *why, size_t size)
{
	switch (c->way) {
	case KPROBE:
		return try_kprobe(c->name, why, size);
	case RAW_TP:
		return try_raw_tp(c->name, why, size);
	case TP:
		return try_tp(c->name, why, size);
	default:
		return try_typed(c->name, c->way, why, size);
	}
}

static int slot_kind(const char *label)
{
	if (!strcmp(label, "read") || !strcmp(label, "clocksource_read"))
		return 1;
	return !strncmp(label, "clocksource_", 12) ? 2 : 0;
}

void choose_candidates(struct table *t, const struct options *o)
{
	kernel_btf = o->btf ? btf__parse(o->btf, NULL) : btf__load_vmlinux_btf();
	if (!kernel_btf && o->btf)
		fail("%s holds no BTF that can be read.", o->btf);
	if (!kernel_btf)
		fail("This kernel has no BTF (/sys/kernel/btf/vmlinux), without which the probes cannot know its structures; a "
		     "kernel built with CONFIG_DEBUG_INFO_BTF has it, or give one with --btf FILE.");
	for (int i = 0; i < t->count; i++) {
		struct probe *p = &t->probe[i];
		size_t at = 0;
		int taken = 0;

		/* The labels of reads share their slots, and so do those of clocksource switches. */
		for (int j = 0; j < i; j++)
			taken += slot_kind(t->probe[j].label) == slot_kind(p->label) && t->probe[j].attached >= 0 &&
				 (slots_of(p->label) > 1 || !strcmp(t->probe[j].label, p->label));
		if (taken >= slots_of(p->label)) {
			snprintf(p->because, sizeof(p->because), "another line of the table serves %s", p->label);
			continue;
		}
		for (int c = 0; c < p->candidates && p->attached < 0; c++) {
			char why[200] = "";

			if (try_candidate(&p->candidate[c], why, sizeof(why)) == 0) {
				p->attached = c;
				break;
			}
			if (at < sizeof(p->because))
				at += snprintf(p->because + at, sizeof(p->because) - at, "%s%s:%s: %s", at ? "; " : "",
					       way_names[p->candidate[c].way], p->candidate[c].name, why);
		}
	}
	btf__free(kernel_btf);
}

static int wire_kind_of(const char *label)
{
	static const struct {
		const char *label;
		int kind;
	} kinds[] = {
		{ "waking", WIRE_WAKING }, { "wakeup", WIRE_WAKEUP }, { "switch", WIRE_SWITCH_IN },
		{ "hrtimer", WIRE_HRTIMER }, { "irq_entry", WIRE_IRQ_ENTRY }, { "irq_exit", WIRE_IRQ_EXIT },
		{ "softirq_entry", WIRE_SOFTIRQ_ENTRY }, { "softirq_exit", WIRE_SOFTIRQ_EXIT },
		{ "cpu_idle", WIRE_CPU_IDLE }, { "kvm_entry", WIRE_KVM_ENTRY }, { "kvm_exit", WIRE_KVM_EXIT },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].label, label))
			return kinds[i].kind;
	return -1;
}

/* Tells the kernel side of a chosen candidate, and names the program that serves it. */
static void place(struct settings *s, struct probe *p, int index, int slot[2], char *program, size_t size)
{
	const struct candidate *c = &p->candidate[p->attached];
	struct arguments a = c->arguments;
	const char *way = c->way == FEXIT ? "fentry" : way_names[c->way];
	int kind = wire_kind_of(p->label);

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
	} else if (kind >= 0) {
		s->config.probe[kind] = index;
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

struct bpf_object *attach(struct table *t, struct options *o, bool fetch)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "remora", .btf_custom_path = o->btf);
	const char *bytes = fetch ? object_fetch : object_plain, *stop = fetch ? object_fetch_end : object_plain_end;
	struct settings settings = { .config = o->config };
	struct bpf_program *programs[MAX_PROBES] = {}, *program;
	int slot[2] = {}, error;
	struct bpf_object *object;
	char name[64];

	libbpf_set_print(o->verbose ? remember : quiet);
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
		if (c->way == TP && !strcmp(p->label, "kvm_entry"))
			settings.config.kvm_entry_vcpu = field_position(c->name, "vcpu_id");
		if (c->way == TP && !strcmp(p->label, "kvm_exit")) {
			settings.config.kvm_exit_vcpu = field_position(c->name, "vcpu_id");
			settings.config.kvm_exit_reason = field_position(c->name, "exit_reason");
		}
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
