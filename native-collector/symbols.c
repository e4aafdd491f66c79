/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t address;
	uint32_t name;
};

static struct symbol *symbols;
static size_t count, room;
static char *names;
static size_t names_length, names_room;

static int by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct symbol *)a)->address, y = ((const struct symbol *)b)->address;

	return x < y ? -1 : x > y;
}

static void add(uint64_t address, const char *name)
{
	size_t n = strlen(name) + 1;

	if (count == room) {
		room = room ? room * 2 : 1 << 17;
		symbols = realloc(symbols, room * sizeof(*symbols));
	}
	if (names_length + n > names_room) {
		names_room = (names_room + n) * 2;
		names = realloc(names, names_room);
	}
	if (!symbols || !names)
		fail("There is no memory for the kernel's symbols.");
	symbols[count++] = (struct symbol){ address, names_length };
	memcpy(names + names_length, name, n);
	names_length += n;
}

void load_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[1024], name[512], type;
	unsigned long long address;

	count = names_length = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %c %511s", &address, &type, name) != 3 || !address)
			continue;
		/* Only code is on stacks; per-CPU variables would shadow it at low addresses. */
		if (strchr("tTwW", type))
			add(address, name);
	}
	if (f)
		fclose(f);
	qsort(symbols, count, sizeof(*symbols), by_address);
}

bool symbols_known(void)
{
	return count > 0;
}

static const struct symbol *find(uint64_t address)
{
	size_t low = 0, high = count;

	if (!count || address < symbols[0].address)
		return NULL;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	/* Of several names of one address the first in the list. */
	while (low && symbols[low - 1].address == symbols[low].address)
		low--;
	/* Nothing is that long: the address lies in code that is not listed. */
	return address - symbols[low].address < 1 << 20 ? &symbols[low] : NULL;
}

void symbol_text(uint64_t address, char *to, size_t size)
{
	const struct symbol *s = find(address);

	if (!s)
		snprintf(to, size, "0x%llx", (unsigned long long)address);
	else if (address == s->address)
		snprintf(to, size, "%s", names + s->name);
	else
		snprintf(to, size, "%s+0x%llx", names + s->name, (unsigned long long)(address - s->address));
}

static bool is_instrumentation(const char *name)
{
	static const char *const prefixes[] = { "bpf_prog_",	   "bpf_trace_run",  "bpf_trampoline_", "__bpf_trace_",
						"__traceiter_",	   "bpf_dispatcher", "__bpf_prog_",	"bpf_get_stack",
						"kprobe_ftrace_",  "kprobe_perf_",   "kprobe_dispatch", "aggr_pre_handler",
						"opt_pre_handler", "optimized_call", "kprobe_handler",	"kretprobe_",
						"arch_rethook_",   "rethook_",	     "ftrace_",		"arch_ftrace_",
						"trace_call_bpf",  "perf_trace_",    "perf_call_bpf",	"kprobe_int3_handler",
						"stack_map_",	   "get_perf_callchain" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Between the frames of others: a trampoline calls the function that it is attached to, and an interrupt may hit a program. */
static bool is_program(uint64_t address)
{
	const struct symbol *s = find(address);
	const char *name = s ? names + s->name : "";

	return !strncmp(name, "bpf_prog_", 9) || !strncmp(name, "bpf_trampoline_", 15) || !strncmp(name, "__bpf_prog_", 11) ||
	       !strncmp(name, "bpf_trace_run", 13);
}

int without_programs(uint64_t *address, int frames)
{
	int kept = 0;

	for (int i = 0; i < frames; i++)
		if (!is_program(address[i]))
			address[kept++] = address[i];
	return kept;
}

int instrumentation_frames(const uint64_t *address, int frames)
{
	int own = 0;

	if (!count)
		return 0;
	/* Trampolines are not always listed; one lies between frames of the instrumentation, or outermost of them. */
	for (int i = 0; i < frames && i < 12; i++) {
		const struct symbol *s = find(address[i]);

		if (s && is_instrumentation(names + s->name))
			own = i + 1;
		else if (s && strcmp(names + s->name, "__this_module"))
			break;
		else if (own == i)
			own = i + 1;
	}
	return own;
}
