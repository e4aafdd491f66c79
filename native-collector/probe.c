/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel allows, found out by attaching programs that do nothing. */
#include "collect.h"
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

static struct btf *kernel_btf;
/* Functions and tracepoints with typed arguments are found in the kernel's own BTF; a file given by --btf does not do. */
static bool typed_ways;

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

	if (!typed_ways) {
		snprintf(why, size, "this kernel has no BTF of its own");
		return -1;
	}
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

uint16_t field_position(const char *tracepoint, const char *field)
{
	FILE *f = tracepoint_file(tracepoint, "format");
	size_t n = strlen(field += *field == '?');
	char line[512];
	uint16_t at = 0;

	/* field:pid_t pid;	offset:24;	...   field:char comm[16];	offset:8; */
	while (f && !at && fgets(line, sizeof(line), f)) {
		char *offset = strstr(line, "\toffset:");

		for (char *p = line; offset && (p = strstr(p, field)); p++)
			if (p > line && p < offset && (p[-1] == ' ' || p[-1] == '*') && (p[n] == ';' || p[n] == '['))
				at = strtoul(offset + 8, NULL, 10);
	}
	if (f)
		fclose(f);
	return at;
}

static int try_tp(const char *name, const struct label *label, char *why, size_t size)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1, .wakeup_events = 1 };
	FILE *f = tracepoint_file(name, "id");
	unsigned long long id = 0;
	int fd, program, error = 0;

	if (!f || fscanf(f, "%llu", &id) != 1) {
		if (f)
			fclose(f);
		snprintf(why, size, "this kernel has no such tracepoint");
		return -1;
	}
	fclose(f);
	if (label->kind < 0) {
		snprintf(why, size, "%s is no tracepoint", label->name);
		return -1;
	}
	for (int i = 0; i < RECORD_FIELDS && label->fields[i]; i++)
		if (*label->fields[i] != '?' && !field_position(name, label->fields[i])) {
			snprintf(why, size, "its record has no field %s", label->fields[i]);
			return -1;
		}
	attr.config = id;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, NULL, "GPL", nothing, 2, NULL);
	if (program < 0)
		return refused(why, size, "the kernel does not load it", errno);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, program))
		error = errno;
	if (fd >= 0)
		close(fd);
	close(program);
	return error ? refused(why, size, "the kernel refuses to attach", error) : 0;
}

static int try_candidate(const struct candidate *c, const struct label *label, char *why, size_t size)
{
	switch (c->way) {
	case KPROBE:
		return try_kprobe(c->name, why, size);
	case RAW_TP:
		return try_raw_tp(c->name, why, size);
	case TP:
		return try_tp(c->name, label, why, size);
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
	typed_ways = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	kernel_btf = o->btf ? btf__parse(o->btf, NULL) : btf__load_vmlinux_btf();
	if (!kernel_btf && o->btf)
		fail("%s holds no BTF that can be read; --btf takes a kernel's types, as pahole -J or BTFHub make them.", o->btf);
	if (!kernel_btf)
		fail("This kernel has no BTF (/sys/kernel/btf/vmlinux), without which the probes cannot know its structures; a "
		     "kernel built with CONFIG_DEBUG_INFO_BTF has it, or give one with --btf FILE.");
	for (int i = 0; i < t->count; i++) {
		struct probe *p = &t->probe[i];
		const struct label *label = label_of(p->label);
		size_t at = 0;
		int taken = 0;

		/* The labels of reads share their slots, and so do those of clocksource switches. */
		for (int j = 0; j < i; j++)
			taken += slot_kind(t->probe[j].label) == slot_kind(p->label) && t->probe[j].attached >= 0 &&
				 (label->slots > 1 || !strcmp(t->probe[j].label, p->label));
		if (taken >= label->slots) {
			snprintf(p->because, sizeof(p->because), "another line of the table serves %s", p->label);
			continue;
		}
		for (int c = 0; c < p->candidates && p->attached < 0; c++) {
			char why[200] = "";

			if (try_candidate(&p->candidate[c], label, why, sizeof(why)) == 0) {
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
