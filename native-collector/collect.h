/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the user side know of each other. */
#ifndef REMORA_COLLECT_H
#define REMORA_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/types.h>
#include "config.h"
#include "wire.h"

#define COLLECTOR_VERSION "1.0"
#define MAX_PROBES 96

/* Says one sentence on stderr and ends with exit code 2. */
void fail(const char *sentence, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Says one sentence on stderr. */
void say(const char *sentence, ...) __attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC, ns */
uint64_t now_ns(void);

/* --- options.c --- */

struct options {
	const char *output;
	const char *probes;
	const char *btf;
	const char *session;
	const char *groups;
	const char *cpus;
	const char *pids;
	double seconds;
	unsigned int buffer_mib;
	bool json;
	bool list;
	bool status;
	bool verbose;
	bool until_input_ends;
	/* Filters and own processes go straight into the kernel side's constants. */
	struct config config;
};

void read_options(struct options *o, int argc, char **argv);
/* Calls `each` for every number of a list like 0,2-5. */
void each_number(const char *list, const char *option, void (*each)(uint32_t number, void *with), void *with);

/* --- table.c: the list of probes --- */

struct label {
	const char *name, *group;
	/* How many lines of the table are attached at most. */
	int slots;
	/* enum clock_step */
	int step;
	/* Kind of the tracepoint's record (wire_kind, EXIT_KIND), -1 = it is no tracepoint. */
	int kind;
	/* What is read of a plain tracepoint's record, ? = if it is there. */
	const char *fields[RECORD_FIELDS];
};

enum way { FENTRY, FEXIT, KPROBE, TP_BTF, RAW_TP, TP, WAYS };
extern const char *const way_names[WAYS];

struct candidate {
	enum way way;
	char name[80];
	struct arguments arguments;
};

struct probe {
	char label[32];
	/* Group that --groups chooses. */
	const char *group;
	struct candidate candidate[4];
	int candidates;
	/* What was attached: index of the candidate, or -1 with the reasons. */
	int attached;
	int slot;
	char because[400];
};

struct table {
	struct probe probe[MAX_PROBES];
	int count;
};

/* Reads the built-in table and before it the user's. Leaves out what is not for this kernel or not in the chosen groups. */
void read_table(struct table *t, const struct options *o, const char *release);
/* NULL where there is no such label. */
const struct label *label_of(const char *name);

/* --- probe.c --- */

/* Finds out which candidates this kernel takes, by attaching programs that do nothing. */
void choose_candidates(struct table *t, const struct options *o);
/* Byte position of a field in the record of a plain tracepoint (`kvm/kvm_exit`); 0 = there is none. */
uint16_t field_position(const char *tracepoint, const char *field);

/* --- attach.c --- */

struct bpf_object;
/* libbpf's own words are kept for --verbose. */
void keep_loader_quiet(const struct options *o);
/* Loads and attaches the chosen programs. Ends with a sentence if nothing can be attached. */
struct bpf_object *attach(struct table *t, struct options *o, bool fetch);
/* Lets all probes record, or none. */
void record(struct bpf_object *object, bool on);
/* Takes the probes away; their maps stay. */
void detach(void);
/* Times that programs were skipped because one was running on the same CPU already. */
uint64_t skipped_runs(struct bpf_object *object);

/* --- symbols.c --- */

/* Reads /proc/kallsyms; without addresses there (kptr_restrict) names stay unknown. */
void load_symbols(void);
bool symbols_known(void);
/* Writes `symbol+0x1f`, or the address where there is no symbol. */
void symbol_text(uint64_t address, char *to, size_t size);
/* How many frames at the innermost end belong to the instrumentation. */
int instrumentation_frames(const uint64_t *address, int count);
/* Takes out frames of BPF programs anywhere else; returns how many are left. */
int without_programs(uint64_t *address, int frames);

/* --- names.c: what records name by numbers --- */

void find_names(const struct bpf_object *object);
/* Writes what a record names, where that has not been written yet. */
void write_names(const struct wire_head *head);
/* The names of all tasks there are: one that neither sleeps nor is switched would else stay without one. */
void write_tasks(void);

/* --- header.c --- */

struct text {
	char *bytes;
	size_t length, room;
};
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a JSON string with its quotes. */
void text_string(struct text *t, const char *s);
void read_clocks(struct wire_clocks *c);
/* JSON of the file's header. */
void header_json(struct text *t, const struct table *table, const struct options *o, bool fetch);

/* --- sink.c: where records go --- */

void sink_open(const struct options *o, const struct table *t);
void sink_header(const struct text *json);
/* A record of the kernel side, or one of ours. */
void sink_record(const struct wire_head *head);
void sink_note(uint16_t kind, const char *note);
void sink_flush(void);
void sink_close(void);
/* Bytes written so far; true when the disk is full or the reader gone, with the sentence. */
uint64_t sink_bytes(void);
bool sink_failed(char *sentence, size_t size);

/* json.c: one record as a JSON line; returns its bytes. */
size_t json_record(FILE *out, const struct wire_head *head, const struct table *t, const char *session);
void json_learn(const struct wire_head *head);

#endif
