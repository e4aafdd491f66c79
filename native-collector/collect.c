/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* How long the ring buffer is left alone between two looks. */
static const long look_ns = 5000000;

static volatile sig_atomic_t stop;
static struct options options;
static struct table table;
static int counts_fd, cpu_count;
static uint64_t records, rate_records;
static struct counts *per_cpu;

void say(const char *sentence, ...)
{
	va_list arguments;

	fputs("remora-collect: ", stderr);
	va_start(arguments, sentence);
	vfprintf(stderr, sentence, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void fail(const char *sentence, ...)
{
	va_list arguments;

	fputs("remora-collect: ", stderr);
	va_start(arguments, sentence);
	vfprintf(stderr, sentence, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(2);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int on_record(void *context, void *data, size_t size)
{
	const struct wire_head *head = data;

	(void)context, (void)size;
	write_names(head);
	sink_record(head);
	/* From time to time back to the main loop, which has the clock and the signals in sight. */
	return ++records % 65536 ? 0 : -EAGAIN;
}

static void write_clocks(void)
{
	struct wire_clocks c = { .head = { .kind = WIRE_CLOCKS, .size = sizeof(c) } };

	read_clocks(&c);
	c.head.time = c.mono;
	sink_record(&c.head);
}

/* Per CPU what was counted; returns the sum of lost records. */
static uint64_t write_counts(struct bpf_object *object)
{
	static uint64_t told_skipped;
	uint64_t lost = 0, skipped = skipped_runs(object);
	__u32 zero = 0;

	if (bpf_map_lookup_elem(counts_fd, &zero, per_cpu))
		return 0;
	for (int cpu = 0; cpu < cpu_count; cpu++) {
		struct wire_counts r = { .head = { .kind = WIRE_COUNTS, .size = sizeof(r), .cpu = cpu, .time = now_ns() } };

		if (!per_cpu[cpu].records && cpu)
			continue;
		r.records = per_cpu[cpu].records;
		r.lost = per_cpu[cpu].lost;
		r.lost_stacks = per_cpu[cpu].lost_stacks;
		r.lost_tasks = per_cpu[cpu].lost_tasks;
		lost += r.lost;
		sink_record(&r.head);
	}
	if (skipped != told_skipped) {
		char text[160];

		snprintf(text, sizeof(text), "%llu probe hits were skipped by the kernel, because the same probe was running on "
			 "that CPU", (unsigned long long)skipped);
		sink_note(WIRE_NOTE, text);
		told_skipped = skipped;
	}
	return lost;
}

enum word { NOTHING, STOP, ENDED };

/* What the standard input says with --until-input-ends: nothing yet, any word, or its end. */
static enum word input_word(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	char bytes[64];

	if (!options.until_input_ends || poll(&in, 1, 0) <= 0)
		return NOTHING;
	return read(0, bytes, sizeof(bytes)) > 0 ? STOP : ENDED;
}

static void tell_status(double fill, uint64_t lost, double seconds)
{
	if (!options.status)
		return;
	fprintf(stderr, "{\"records\":%llu,\"per_second\":%.0f,\"lost\":%llu,\"buffer\":%.4f,\"bytes\":%llu}\n",
		(unsigned long long)records, (records - rate_records) / seconds, (unsigned long long)lost, fill,
		(unsigned long long)sink_bytes());
	rate_records = records;
}

/* Returns the exit code. */
static int run(struct bpf_object *object, struct ring_buffer *ring)
{
	uint64_t start = now_ns(), second = start, look = 0;
	const char *why = "stopped by a signal";
	enum word word = NOTHING;
	char sentence[400];
	uint64_t lost;

	while (!stop) {
		struct timespec pause = { .tv_nsec = look_ns };
		uint64_t before = records, now;

		if (ring_buffer__consume(ring) != -EAGAIN)
			nanosleep(&pause, NULL);
		now = now_ns();
		/* The most that lay in the buffer at one look since the last status, in records. */
		if (records - before > look)
			look = records - before;
		if (now - second >= 1000000000) {
			write_clocks();
			lost = write_counts(object);
			sink_flush();
			tell_status(look * (double)sizeof(struct wire_wake) / ((double)options.buffer_mib * (1 << 20)), lost,
				    (now - second) / 1e9);
			second = now;
			look = 0;
		}
		if (sink_failed(sentence, sizeof(sentence)))
			break;
		if (options.seconds && now - start >= options.seconds * 1e9) {
			why = "the time was over";
			break;
		}
		word = input_word();
		if (word != NOTHING) {
			why = word == STOP ? "told to stop" : "the input ended";
			break;
		}
	}
	/* Nothing may be counted after the last look: the probes go before it. */
	record(object, false);
	detach();
	while (ring_buffer__consume(ring) == -EAGAIN)
		;
	write_clocks();
	lost = write_counts(object);
	sink_note(WIRE_END, why);
	sink_close();
	if (sink_failed(sentence, sizeof(sentence))) {
		say("%s", sentence);
		return 1;
	}
	if (!options.status)
		say("%llu records, %llu lost, %llu bytes: %s.", (unsigned long long)records, (unsigned long long)lost,
		    (unsigned long long)sink_bytes(), why);
	else
		tell_status(0, lost, 1);
	return word == ENDED ? 3 : 0;
}

static void add_number(uint32_t n, void *fd)
{
	__u8 one = 1;

	bpf_map_update_elem(*(int *)fd, &n, &one, BPF_ANY);
}

static void list(void)
{
	for (int i = 0; i < table.count; i++) {
		const struct probe *p = &table.probe[i];

		if (p->attached >= 0)
			printf("%-26s %s:%s\n", p->label, way_names[p->candidate[p->attached].way],
			       p->candidate[p->attached].name);
		else
			printf("%-26s absent: %s\n", p->label, p->because);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned int major = 0, minor = 0;
	struct bpf_object *object;
	struct ring_buffer *ring;
	struct text json = {};
	struct utsname u;
	int fd, code;
	bool fetch;

	read_options(&options, argc, argv);
	if (geteuid() != 0)
		fail("Probes in the kernel need root: run it as root or by sudo.");
	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	if (major < 5 || (major == 5 && minor < 8))
		fail("Linux %s is too old: the ring buffer of eBPF came with 5.8.", u.release);
	fetch = major > 5 || minor >= 12;
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	keep_loader_quiet(&options);
	read_table(&table, &options, u.release);
	choose_candidates(&table, &options);
	if (options.list) {
		list();
		return 0;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* Late is worse than costly here: while we do not look, the ring buffer fills. */
	setpriority(PRIO_PROCESS, 0, -10);
	object = attach(&table, &options, fetch);
	sink_open(&options, &table);
	find_names(object);
	counts_fd = bpf_object__find_map_fd_by_name(object, "counts");
	fd = bpf_object__find_map_fd_by_name(object, "pids");
	if (options.pids)
		each_number(options.pids, "--pid", add_number, &fd);
	fd = bpf_object__find_map_fd_by_name(object, "cpus");
	if (options.cpus)
		each_number(options.cpus, "--cpu", add_number, &fd);
	cpu_count = libbpf_num_possible_cpus();
	per_cpu = calloc(cpu_count, sizeof(*per_cpu));
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), on_record, NULL, NULL);
	if (!ring || !per_cpu)
		fail("The ring buffer cannot be mapped: %s.", strerror(errno));
	load_symbols();
	header_json(&json, &table, &options, fetch);
	sink_header(&json);
	write_tasks();
	write_clocks();
	sink_flush();
	record(object, true);
	say("recording; Ctrl-C ends it.");
	code = run(object, ring);
	ring_buffer__free(ring);
	bpf_object__close(object);
	return code;
}
