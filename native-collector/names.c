/* SPDX-License-Identifier: Apache-2.0 */
/* What records name by numbers, written before the first record that does: stacks, symbols, tasks. */
#include "collect.h"
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int stacks_fd, more_stacks_fd, tasks_fd;
static bool stack_written[STACKS + MORE_STACKS];
static struct {
	uint64_t *address;
	size_t count, room;
} written_symbols;

void find_names(const struct bpf_object *object)
{
	stacks_fd = bpf_object__find_map_fd_by_name(object, "stacks");
	more_stacks_fd = bpf_object__find_map_fd_by_name(object, "more_stacks");
	tasks_fd = bpf_object__find_map_fd_by_name(object, "tasks");
}

/* Takes in an address and tells whether its symbol is still to be written; a sorted list, as there are some thousands. */
static bool symbol_is_new(uint64_t address)
{
	size_t low = 0, high = written_symbols.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (written_symbols.address[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < written_symbols.count && written_symbols.address[low] == address)
		return false;
	if (written_symbols.count == written_symbols.room) {
		written_symbols.room = written_symbols.room * 2 + 1024;
		written_symbols.address = realloc(written_symbols.address, written_symbols.room * sizeof(uint64_t));
		if (!written_symbols.address)
			fail("There is no memory for the kernel's symbols.");
	}
	memmove(written_symbols.address + low + 1, written_symbols.address + low,
		(written_symbols.count - low) * sizeof(uint64_t));
	written_symbols.address[low] = address;
	written_symbols.count++;
	return true;
}

static void write_symbol(uint64_t address)
{
	union {
		struct wire_symbol symbol;
		char bytes[sizeof(struct wire_symbol) + 568];
	} r;
	size_t n;

	if (!address || !symbols_known() || !symbol_is_new(address))
		return;
	memset(&r, 0, sizeof(r));
	symbol_text(address, r.symbol.name, 560);
	n = strlen(r.symbol.name) + 1;
	r.symbol.head.kind = WIRE_SYMBOL;
	r.symbol.head.size = (sizeof(r.symbol) + n + 7) & ~7ul;
	r.symbol.head.time = now_ns();
	r.symbol.address = address;
	sink_record(&r.symbol.head);
}

/* The stack of an id, before the first record that names it. */
static void write_stack(int32_t id)
{
	struct {
		struct wire_stack stack;
		uint64_t address[STACK_DEPTH];
	} r = {};
	uint64_t raw[STACK_DEPTH] = {};
	int n = 0, own;

	uint32_t more = id - STACKS;

	if (id < 0 || id >= STACKS + MORE_STACKS || stack_written[id])
		return;
	stack_written[id] = true;
	if (id < STACKS ? bpf_map_lookup_elem(stacks_fd, &id, raw) : bpf_map_lookup_elem(more_stacks_fd, &more, raw))
		return;
	while (n < STACK_DEPTH && raw[n])
		n++;
	own = instrumentation_frames(raw, n);
	n = own + without_programs(raw + own, n - own);
	r.stack.id = id;
	r.stack.count = n - own;
	memcpy(r.address, raw + own, (n - own) * sizeof(uint64_t));
	for (int i = own; i < n; i++)
		write_symbol(raw[i]);
	r.stack.head.kind = WIRE_STACK;
	r.stack.head.size = sizeof(struct wire_stack) + (n - own) * sizeof(uint64_t);
	r.stack.head.time = now_ns();
	sink_record(&r.stack.head);
}

void write_names(const struct wire_head *head)
{
	if (head->kind <= WIRE_FIRST_READ)
		write_stack(((const struct wire_wake *)head)->stack);
	else if (head->kind == WIRE_CLOCKSOURCE)
		write_stack(((const struct wire_clocksource *)head)->stack);
	else if (head->kind <= WIRE_CPU_IDLE)
		write_symbol(((const struct wire_number *)head)->address);
}

static void write_comm(const char *pid, const char *tid)
{
	struct wire_task r = { .head = { .kind = WIRE_TASK, .size = sizeof(r), .flags = WIRE_FLAG_UNNUMBERED, .time = now_ns() } };
	struct task_entry entry = {};
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/task/%.20s/comm", pid, tid);
	f = fopen(path, "r");
	if (!f)
		return;
	/* Plain tracepoints name a task without its thread group: those there are the kernel side is told. */
	r.task = strtoul(tid, NULL, 10);
	r.task_tgid = strtoul(pid, NULL, 10);
	if (fgets(r.comm, sizeof(r.comm), f)) {
		r.comm[strcspn(r.comm, "\n")] = 0;
		/* Here a worker's name goes on with what it works at, in the kernel's records it does not. */
		if (!strncmp(r.comm, "kworker/", 8) && strncmp(r.comm, "kworker/R-", 10))
			r.comm[strcspn(r.comm, "-+")] = 0;
		sink_record(&r.head);
		entry.tgid = r.task_tgid;
		memcpy(entry.comm, r.comm, sizeof(r.comm));
		bpf_map_update_elem(tasks_fd, &r.task, &entry, BPF_NOEXIST);
	}
	fclose(f);
}

/* The names of all tasks there are: one that neither sleeps nor is switched would else stay without one. */
void write_tasks(void)
{
	DIR *proc = opendir("/proc"), *tasks;
	struct dirent *p, *t;
	char path[300];

	while (proc && (p = readdir(proc))) {
		if (!isdigit((unsigned char)p->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task", p->d_name);
		tasks = opendir(path);
		while (tasks && (t = readdir(tasks)))
			if (isdigit((unsigned char)t->d_name[0]))
				write_comm(p->d_name, t->d_name);
		if (tasks)
			closedir(tasks);
	}
	if (proc)
		closedir(proc);
}
