/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   verify FILE    counts the sequence numbers of a file of records: every number of a CPU must be there once, or be counted as lost.
 * Exit code 1 where they do not add up.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>
#include "wire.h"

#define CPUS 4096

static struct {
	uint64_t *marks;
	uint64_t room, seen, numbered, lost;
} cpu[CPUS];

static uint64_t twice, records, wakings, from, to;

static void mark(unsigned int c, uint64_t seq)
{
	uint64_t word = seq / 64;

	if (word >= cpu[c].room) {
		uint64_t room = (word + 1) * 2;

		cpu[c].marks = realloc(cpu[c].marks, room * 8);
		if (!cpu[c].marks)
			exit(2);
		memset(cpu[c].marks + cpu[c].room, 0, (room - cpu[c].room) * 8);
		cpu[c].room = room;
	}
	twice += cpu[c].marks[word] >> (seq % 64) & 1;
	cpu[c].marks[word] |= 1ull << (seq % 64);
	cpu[c].seen++;
	records++;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	static _Alignas(8) char bytes[65536];
	struct wire_head *head = (void *)bytes;
	struct wire_file file;
	char why[200] = "";
	int bad = 0;

	if (!f || fread(&file, sizeof(file), 1, f) != 1 || memcmp(file.magic, WIRE_MAGIC, 8) ||
	    fseek(f, file.header_bytes, SEEK_CUR)) {
		fprintf(stderr, "verify FILE: a file of records is wanted.\n");
		return 2;
	}
	setvbuf(f, NULL, _IOFBF, 1 << 20);
	while (fread(bytes, sizeof(*head), 1, f) == 1) {
		if (head->size < sizeof(*head) || fread(bytes + sizeof(*head), 1, head->size - sizeof(*head), f) != head->size - sizeof(*head))
			break;
		if (head->cpu >= CPUS)
			return 2;
		if (head->kind < WIRE_STACK && !(head->flags & WIRE_FLAG_UNNUMBERED))
			mark(head->cpu, head->seq);
		if (head->kind == WIRE_WAKING) {
			wakings++;
			from = from ? from : head->time;
			to = head->time;
		}
		if (head->kind == WIRE_COUNTS) {
			cpu[head->cpu].numbered = ((struct wire_counts *)head)->records;
			cpu[head->cpu].lost = ((struct wire_counts *)head)->lost;
		}
		if (head->kind == WIRE_END)
			snprintf(why, sizeof(why), "%.190s", ((struct wire_note *)head)->text);
	}
	for (int c = 0; c < CPUS; c++) {
		uint64_t lacking = cpu[c].numbered - cpu[c].seen;

		if (!cpu[c].numbered && !cpu[c].seen)
			continue;
		printf("CPU %d: %llu numbered, %llu written, %llu lacking, %llu counted as lost\n", c,
		       (unsigned long long)cpu[c].numbered, (unsigned long long)cpu[c].seen, (unsigned long long)lacking,
		       (unsigned long long)cpu[c].lost);
		bad |= lacking != cpu[c].lost;
	}
	if (to > from)
		printf("%llu wake-ups in %.1f s, %.0f a second\n", (unsigned long long)wakings, (to - from) / 1e9,
		       wakings * 1e9 / (to - from));
	printf("%llu records, %llu numbers used twice; %s%s\n", (unsigned long long)records, (unsigned long long)twice,
	       *why ? "ended: " : "the file was not ended", why);
	return bad || twice || !*why;
}
