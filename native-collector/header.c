/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

void text_add(struct text *t, const char *format, ...)
{
	for (;;) {
		va_list arguments;
		int n;

		va_start(arguments, format);
		n = vsnprintf(t->bytes + t->length, t->room - t->length, format, arguments);
		va_end(arguments);
		if (t->length + n < t->room) {
			t->length += n;
			return;
		}
		t->room = (t->room + n) * 2 + 256;
		t->bytes = realloc(t->bytes, t->room);
		if (!t->bytes)
			fail("There is no memory for the header.");
	}
}

void text_string(struct text *t, const char *s)
{
	text_add(t, "\"");
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			text_add(t, "\\%c", c);
		else if (c < 0x20)
			text_add(t, "\\u%04x", c);
		else
			text_add(t, "%c", c);
	}
	text_add(t, "\"");
}

static uint64_t ns_of(clockid_t clock)
{
	struct timespec t = {};

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t tsc(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#else
	return 0;
#endif
}

/* First line of a file without its end; "" where it cannot be read. */
static const char *line_of(const char *path, char *to, size_t size)
{
	FILE *f = fopen(path, "r");

	to[0] = 0;
	if (f) {
		if (!fgets(to, size, f))
			to[0] = 0;
		fclose(f);
	}
	to[strcspn(to, "\n")] = 0;
	for (size_t n = strlen(to); n && isspace((unsigned char)to[n - 1]); n--)
		to[n - 1] = 0;
	return to;
}

void read_clocks(struct wire_clocks *c)
{
	uint64_t best = ~0ull;

	/* Of a few tries the one that was disturbed least. */
	for (int i = 0; i < 5; i++) {
		uint64_t before = ns_of(CLOCK_MONOTONIC), raw = ns_of(CLOCK_MONOTONIC_RAW), boot = ns_of(CLOCK_BOOTTIME),
			 real = ns_of(CLOCK_REALTIME), ticks = tsc(), after = ns_of(CLOCK_MONOTONIC);

		if (after - before >= best)
			continue;
		best = after - before;
		c->mono = before + best / 2;
		c->raw = raw;
		c->boot = boot;
		c->real = real;
		c->tsc = ticks;
		c->width = best;
	}
	line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource", c->clocksource, sizeof(c->clocksource));
}

static void setting(struct text *t, const char *name, const char *value)
{
	if (!*value)
		return;
	text_add(t, t->bytes[t->length - 1] == '[' ? "{\"name\":" : ",{\"name\":");
	text_string(t, name);
	text_add(t, ",\"value\":");
	text_string(t, value);
	text_add(t, "}");
}

static void file_setting(struct text *t, const char *name, const char *path)
{
	char line[1024];

	setting(t, name, line_of(path, line, sizeof(line)));
}

static void cpuinfo_setting(struct text *t, const char *name, const char *key)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, strlen(key)))
			continue;
		line[strcspn(line, "\n")] = 0;
		setting(t, name, colon + 1 + (colon[1] == ' '));
		break;
	}
	if (f)
		fclose(f);
}

/* Governor of each CPU as one text where they agree. */
static void governor_settings(struct text *t, int cpus)
{
	char first[64] = "", here[64], path[128], name[64];
	bool same = true;

	for (int pass = 0; pass < 2; pass++) {
		for (int cpu = 0; cpu < cpus; cpu++) {
			snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
			line_of(path, here, sizeof(here));
			if (pass == 0 && cpu == 0)
				strcpy(first, here);
			same = same && !strcmp(first, here);
			if (pass == 1 && !same) {
				snprintf(name, sizeof(name), "governor of CPU %d", cpu);
				setting(t, name, here);
			}
		}
		if (pass == 0 && same)
			return setting(t, "governor", *first ? first : "none: no cpufreq");
	}
}

/* C-states of CPU 0: names, and which are switched off. */
static void idle_settings(struct text *t)
{
	char all[1024] = "", name[64], off[16], path[128];

	for (int i = 0; i < 16; i++) {
		size_t at = strlen(all);

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cpuidle/state%d/name", i);
		if (!*line_of(path, name, sizeof(name)))
			break;
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cpuidle/state%d/disable", i);
		line_of(path, off, sizeof(off));
		snprintf(all + at, sizeof(all) - at, "%s%s%s", at ? " " : "", name, off[0] == '1' ? " (off)" : "");
	}
	setting(t, "C-states", *all ? all : "none: no cpuidle");
	file_setting(t, "cpuidle driver", "/sys/devices/system/cpu/cpuidle/current_driver");
	file_setting(t, "max_cstate", "/sys/module/intel_idle/parameters/max_cstate");
}

/* Running QEMU processes with their vCPU threads: `qemu 123 name=g1 vcpu 0=124 1=125`. */
static void guest_settings(struct text *t)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;

	while (proc && (d = readdir(proc))) {
		char path[300], comm[64], all[1024] = "", key[80];
		struct dirent *thread;
		DIR *tasks;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task", d->d_name);
		tasks = opendir(path);
		while (tasks && (thread = readdir(tasks))) {
			char file[600];
			int vcpu;
			size_t at = strlen(all);

			snprintf(file, sizeof(file), "%s/%s/comm", path, thread->d_name);
			if (sscanf(line_of(file, comm, sizeof(comm)), "CPU %d/", &vcpu) == 1)
				snprintf(all + at, sizeof(all) - at, "%svcpu %d = thread %s", at ? ", " : "", vcpu,
					 thread->d_name);
		}
		if (tasks)
			closedir(tasks);
		snprintf(key, sizeof(key), "guest of process %.20s", d->d_name);
		setting(t, key, all);
	}
	if (proc)
		closedir(proc);
}

static void settings_json(struct text *t, const struct options *o, int cpus)
{
	char number[32], own[128] = "";

	for (uint32_t i = 0; i < o->config.own_count; i++)
		snprintf(own + strlen(own), sizeof(own) - strlen(own), "%s%u", i ? " " : "", o->config.own[i]);
	setting(t, "processes left out", own);

	snprintf(number, sizeof(number), "%d", cpus);
	setting(t, "CPUs", number);
	cpuinfo_setting(t, "CPU model", "model name");
	cpuinfo_setting(t, "CPU MHz", "cpu MHz");
	file_setting(t, "clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	file_setting(t, "available clocksources", "/sys/devices/system/clocksource/clocksource0/available_clocksource");
	governor_settings(t, cpus);
	idle_settings(t);
	file_setting(t, "SMT", "/sys/devices/system/cpu/smt/control");
	file_setting(t, "isolated CPUs", "/sys/devices/system/cpu/isolated");
	file_setting(t, "kernel command line", "/proc/cmdline");
	file_setting(t, "virtual machine of", "/sys/class/dmi/id/sys_vendor");
	file_setting(t, "hypervisor", "/sys/hypervisor/type");
	guest_settings(t);
}

/* Fields that records cannot have here, each with its reason. */
static void absent(struct text *t, const char *field, const char *because)
{
	text_add(t, t->bytes[t->length - 1] == '[' ? "{\"field\":" : ",{\"field\":");
	text_string(t, field);
	text_add(t, ",\"because\":");
	text_string(t, because);
	text_add(t, "}");
}

/* Reason why no probe of a label is attached; NULL if one is, or if it was not asked for. */
static const char *lacking(const struct table *t, const char *label)
{
	const char *because = NULL;

	for (int i = 0; i < t->count; i++) {
		if (strcmp(t->probe[i].label, label))
			continue;
		if (t->probe[i].attached >= 0)
			return NULL;
		if (!because)
			because = t->probe[i].because;
	}
	return because;
}

/* Whether a label is served by a plain tracepoint. */
static bool by_record(const struct table *t, const char *label)
{
	for (int i = 0; i < t->count; i++)
		if (!strcmp(t->probe[i].label, label) && t->probe[i].attached >= 0)
			return t->probe[i].candidate[t->probe[i].attached].way == TP;
	return false;
}

static void absent_json(struct text *t, const struct table *table, const struct options *o, bool fetch)
{
	static const struct {
		const char *label, *fields[4];
	} needs[] = {
		{ "ttwu", { "wake_flags at entry", "entry of try_to_wake_up" } },
		{ "activate", { "wake_flags at activation", "rq clock", "path" } },
		{ "waking", { "wake-ups" } },
		{ "wakeup", { "target_cpu" } },
		{ "switch", { "switch to the woken task", "latency" } },
		{ "read", { "first timekeeping read" } },
		{ "clocksource_read", { "first read of a new clocksource by its callback" } },
		{ "clocksource_entry", { "request of a clocksource switch (seen in stacks only)" } },
		{ "clocksource_change", { "change of the clocksource" } },
		{ "clocksource_recalculation", { "recalculation after a clocksource switch" } },
		{ "hrtimer", { "hrtimer expiry" } },
		{ "irq_entry", { "interrupts" } },
		{ "softirq_entry", { "softirqs" } },
		{ "cpu_idle", { "C-states" } },
		{ "kvm_entry", { "VM entries" } },
		{ "kvm_exit", { "VM exits" } },
	};

	static const struct {
		const char *label, *field;
	} lacks[] = {
		{ "waking", "task state before the wake-up" },
		{ "hrtimer", "expiry of hrtimers" },
		{ "irq_entry", "handlers of interrupts" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		const char *because = lacking(table, needs[i].label);

		for (int f = 0; because && f < 4 && needs[i].fields[f]; f++)
			absent(t, needs[i].fields[f], because);
	}
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++)
		/* try_to_wake_up knows the task itself, and with it the state. */
		if (by_record(table, lacks[i].label) && !(o->config.ttwu && !strcmp(lacks[i].label, "waking")))
			absent(t, lacks[i].field, "the record of the plain tracepoint does not tell it");
	if (!o->config.stacks)
		absent(t, "stacks", "they were not asked for");
	else if (!symbols_known())
		absent(t, "symbols of stacks", "/proc/kallsyms shows no addresses (kernel.kptr_restrict)");
	if (!fetch)
		absent(t, "exact sequence numbers",
		       "this kernel has no atomic operation for them, so an interrupt can make two records share a number");
}

static void probes_json(struct text *t, const struct table *table)
{
	for (int i = 0; i < table->count; i++) {
		const struct probe *p = &table->probe[i];
		const struct candidate *c = &p->candidate[p->attached < 0 ? 0 : p->attached];

		text_add(t, "%s{\"label\":\"%s\",\"attached\":\"%s\",\"source\":\"%s\",\"because\":", i ? "," : "", p->label,
			 p->attached < 0 ? "" : c->name, p->attached < 0 ? "" : c->way == TP ? "tracepoint" : way_names[c->way]);
		text_string(t, p->because);
		text_add(t, "}");
	}
}

void header_json(struct text *t, const struct table *table, const struct options *o, bool fetch)
{
	int cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct wire_clocks c = {};
	struct utsname u;
	char line[256];

	uname(&u);
	read_clocks(&c);
	text_add(t, "{\"collector\":\"" COLLECTOR_VERSION "\",\"session_id\":");
	text_string(t, o->session);
	text_add(t, ",\"machine_id\":");
	text_string(t, line_of("/etc/machine-id", line, sizeof(line)));
	text_add(t, ",\"machine\":");
	text_string(t, u.nodename);
	text_add(t, ",\"boot_id\":");
	text_string(t, line_of("/proc/sys/kernel/random/boot_id", line, sizeof(line)));
	text_add(t, ",\"kernel\":");
	snprintf(line, sizeof(line), "%s %s", u.release, u.machine);
	text_string(t, line);
	text_add(t, ",\"kernel_version\":");
	text_string(t, u.version);
	text_add(t, ",\"cpus\":%d,\"clock\":\"mono\",\"groups\":", cpus);
	text_string(t, o->groups);
	text_add(t, ",\"clocks\":{\"mono\":\"%llu\",\"raw\":\"%llu\",\"boot\":\"%llu\",\"real\":\"%llu\",\"tsc\":\"%llu\",\"width\":\"%llu\"}",
		 (unsigned long long)c.mono, (unsigned long long)c.raw, (unsigned long long)c.boot, (unsigned long long)c.real,
		 (unsigned long long)c.tsc, (unsigned long long)c.width);
	text_add(t, ",\"settings\":[");
	settings_json(t, o, cpus);
	text_add(t, "],\"probes\":[");
	probes_json(t, table);
	text_add(t, "],\"absent\":[");
	absent_json(t, table, o, fetch);
	text_add(t, "]}");
}
