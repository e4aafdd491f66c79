/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
	"remora-collect [options]\n"
	"\n"
	"Records wake-ups with their flags, stacks and first timekeeping reads, clocksource switches, interrupts, timers, VM entries\n"
	"and exits and C-states by eBPF, as far as this kernel allows; needs root.\n"
	"\n"
	"  -o, --output FILE     write there (default: standard output)\n"
	"  -j, --json            JSON lines instead of the binary stream\n"
	"  -s, --seconds N       stop after that time (default: at Ctrl-C)\n"
	"  -g, --groups LIST     what to record: wake,read,clock,irq,softirq,hrtimer,idle,kvm (default wake,read,clock)\n"
	"  -S, --stacks          kernel stacks of wake-ups, first reads and clocksource switches\n"
	"  -p, --pid LIST        only wake-ups of these threads or thread groups\n"
	"  -c, --comm NAME       only of tasks whose name begins so; may repeat\n"
	"  -G, --cgroup DIR      only of tasks in this cgroup or below (a directory under /sys/fs/cgroup)\n"
	"  -C, --cpu LIST        only on these CPUs: 0,2-5\n"
	"  -l, --min-latency US  only wake-ups whose task came to run this many us later, or more: one record each\n"
	"  -x, --exclude PID     leave out what this process does and its wake-ups; may repeat (the collector itself always is)\n"
	"  -b, --buffer MIB      ring buffer between kernel and collector, a power of two (default 64)\n"
	"  -P, --probes FILE     lines to put before those of the built-in table of probes (probes.conf)\n"
	"  -B, --btf FILE        the kernel's types, where it has no /sys/kernel/btf/vmlinux\n"
	"  -i, --session ID      name of the session, written into the header and every JSON line\n"
	"  -L, --list            say what can be attached here and what is therefore absent, then end\n"
	"  -u, --until-input-ends  stop at a word on the standard input, or with exit code 3 at its end\n"
	"      --status          a line of JSON with live figures on stderr every second\n"
	"  -v, --verbose         the loader's own words when the kernel refuses the probes\n"
	"  -V, --version, -h, --help\n";

static void add_own(struct options *o, const char *text)
{
	char *end;
	unsigned long pid = strtoul(text, &end, 10);

	if (*end || !pid)
		fail("--exclude takes a process id, not \"%s\".", text);
	if (o->config.own_count == MAX_OWN)
		fail("--exclude can be given %d times at most.", MAX_OWN - 1);
	o->config.own[o->config.own_count++] = pid;
}

void each_number(const char *list, const char *option, void (*each)(uint32_t, void *), void *with)
{
	for (const char *p = list; *p;) {
		char *end;
		unsigned long from = strtoul(p, &end, 10), to = from;

		if (end == p)
			fail("%s takes numbers like 0,2-5, not \"%s\".", option, list);
		if (*end == '-') {
			p = end + 1;
			to = strtoul(p, &end, 10);
			if (end == p || to < from || to - from > 4096)
				fail("%s takes numbers like 0,2-5, not \"%s\".", option, list);
		}
		for (unsigned long n = from; n <= to; n++)
			each(n, with);
		p = end + (*end == ',');
		if (*end && *end != ',')
			fail("%s takes numbers like 0,2-5, not \"%s\".", option, list);
	}
}

/* The kernel knows a cgroup by the inode of its directory. */
static uint64_t cgroup_id(const char *path)
{
	struct stat found;

	if (stat(path, &found) || !S_ISDIR(found.st_mode))
		fail("%s is no directory of a cgroup.", path);
	return found.st_ino;
}

static double number(const char *text, const char *option, double min, double max)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || *end || !(n >= min && n <= max))
		fail("%s takes a number from %g to %g, not \"%s\".", option, min, max, text);
	return n;
}

static const struct option long_options[] = {
	{ "output", 1, 0, 'o' },      { "json", 0, 0, 'j' },	{ "seconds", 1, 0, 's' },
	{ "groups", 1, 0, 'g' },      { "stacks", 0, 0, 'S' },	{ "pid", 1, 0, 'p' },
	{ "comm", 1, 0, 'c' },	      { "cgroup", 1, 0, 'G' },	{ "cpu", 1, 0, 'C' },
	{ "min-latency", 1, 0, 'l' }, { "exclude", 1, 0, 'x' }, { "buffer", 1, 0, 'b' },
	{ "probes", 1, 0, 'P' },      { "btf", 1, 0, 'B' },	{ "session", 1, 0, 'i' },
	{ "list", 0, 0, 'L' },	      { "until-input-ends", 0, 0, 'u' },
	{ "status", 0, 0, 1 },	      { "verbose", 0, 0, 'v' }, { "version", 0, 0, 'V' },
	{ "help", 0, 0, 'h' },	      {},
};

void read_options(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .buffer_mib = 64, .groups = "wake,read,clock", .session = "" };
	o->config.own[o->config.own_count++] = getpid();
	while ((c = getopt_long(argc, argv, "o:js:g:Sp:c:G:C:l:x:b:P:B:i:LuvVh", long_options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->output = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 's':
			o->seconds = number(optarg, "--seconds", 0, 1e9);
			break;
		case 'g':
			o->groups = optarg;
			break;
		case 'S':
			o->config.stacks = 1;
			break;
		case 'p':
			o->pids = optarg;
			o->config.by_pid = 1;
			break;
		case 'c':
			if (o->config.comm_count == MAX_COMMS)
				fail("--comm can be given %d times at most.", MAX_COMMS);
			strncpy(o->config.comm[o->config.comm_count++], optarg, 15);
			break;
		case 'G':
			o->config.cgroup = cgroup_id(optarg);
			break;
		case 'C':
			o->cpus = optarg;
			o->config.by_cpu = 1;
			break;
		case 'l':
			o->config.min_latency = number(optarg, "--min-latency", 0, 1e9) * 1000;
			break;
		case 'x':
			add_own(o, optarg);
			break;
		case 'b':
			o->buffer_mib = number(optarg, "--buffer", 1, 2048);
			if (o->buffer_mib & (o->buffer_mib - 1))
				fail("--buffer takes a power of two, not %s.", optarg);
			break;
		case 'P':
			o->probes = optarg;
			break;
		case 'B':
			o->btf = optarg;
			break;
		case 'i':
			o->session = optarg;
			break;
		case 'L':
			o->list = true;
			break;
		case 'u':
			o->until_input_ends = true;
			break;
		case 1:
			o->status = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			puts("remora-collect " COLLECTOR_VERSION);
			exit(0);
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			exit(2);
		}
	}
	if (optind < argc)
		fail("\"%s\" is no option.", argv[optind]);
}
