/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static FILE *out;
static const char *name;
static const struct table *table;
static const struct options *options;
static uint64_t bytes;
static int failure;

void sink_open(const struct options *o, const struct table *t)
{
	options = o;
	table = t;
	name = o->output ? o->output : "the output";
	out = o->output && strcmp(o->output, "-") ? fopen(o->output, "we") : stdout;
	if (!out)
		fail("%s cannot be written: %s.", o->output, strerror(errno));
	setvbuf(out, NULL, _IOFBF, 1 << 20);
}

static void put(const void *data, size_t size)
{
	if (failure)
		return;
	if (fwrite(data, 1, size, out) != size)
		failure = errno;
	bytes += size;
}

void sink_header(const struct text *json)
{
	struct wire_file file = { .magic = WIRE_MAGIC, .version = WIRE_VERSION };
	static const char blanks[8] = "        ";

	if (options->json) {
		put(json->bytes, json->length);
		put("\n", 1);
		return;
	}
	file.header_bytes = (json->length + 7) & ~7u;
	put(&file, sizeof(file));
	put(json->bytes, json->length);
	put(blanks, file.header_bytes - json->length);
}

void sink_record(const struct wire_head *head)
{
	if (!options->json) {
		put(head, head->size);
		return;
	}
	json_learn(head);
	if (failure)
		return;
	bytes += json_record(out, head, table, options->session);
	if (ferror(out))
		failure = errno;
}

void sink_note(uint16_t kind, const char *text)
{
	size_t n = strlen(text), size = (sizeof(struct wire_note) + n + 1 + 7) & ~7ul;
	struct wire_note *note = calloc(1, size);
	struct timespec t;

	if (!note)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	note->head.kind = kind;
	note->head.size = size;
	note->head.time = t.tv_sec * 1000000000ull + t.tv_nsec;
	note->bytes = n;
	memcpy(note->text, text, n);
	sink_record(&note->head);
	free(note);
}

void sink_flush(void)
{
	if (!failure && fflush(out))
		failure = errno;
}

uint64_t sink_bytes(void)
{
	return bytes;
}

bool sink_failed(char *sentence, size_t size)
{
	if (!failure)
		return false;
	if (failure == ENOSPC || failure == EDQUOT)
		snprintf(sentence, size, "The disk of %s is full; what was written until then is kept.", name);
	else
		snprintf(sentence, size, "%s takes no more (%s).", name, strerror(failure));
	return true;
}

void sink_close(void)
{
	sink_flush();
	if (out != stdout)
		fclose(out);
}
