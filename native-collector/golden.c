/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a small file of records with known values to standard output: `make golden` stores it as test/golden/wire/golden.wire,
 * from which the reader's test takes what it expects. Positions of fields go to standard error as JSON.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>
#include "wire.h"

#define FIELD(type, field) fprintf(stderr, "  \"%s.%s\": %zu,\n", #type, #field, offsetof(struct type, field))
#define SIZE(type) fprintf(stderr, "  \"%s\": %zu,\n", #type, sizeof(struct type))

static struct wire_head head(int kind, int size, __u64 seq, __u64 time)
{
	return (struct wire_head){ .kind = kind, .size = size, .cpu = 3, .seq = seq, .time = time, .pid = 77, .tgid = 70 };
}

#define PUT(r) fwrite(&(r), sizeof(r), 1, stdout)

static void fields(void)
{
	fprintf(stderr, "{\n");
	FIELD(wire_head, kind), FIELD(wire_head, size), FIELD(wire_head, cpu), FIELD(wire_head, flags), FIELD(wire_head, seq);
	FIELD(wire_head, time), FIELD(wire_head, pid), FIELD(wire_head, tgid), SIZE(wire_head);
	FIELD(wire_wake, wakee), FIELD(wire_wake, wakee_tgid), FIELD(wire_wake, run_seq), FIELD(wire_wake, ktime);
	FIELD(wire_wake, flags_entry), FIELD(wire_wake, flags_activate), FIELD(wire_wake, state), FIELD(wire_wake, stack);
	FIELD(wire_wake, prev_cpu), FIELD(wire_wake, target_cpu), FIELD(wire_wake, path), FIELD(wire_wake, probe);
	FIELD(wire_wake, waker_cpu), FIELD(wire_wake, value), FIELD(wire_wake, waker), SIZE(wire_wake);
	FIELD(wire_clocksource, by_tgid), FIELD(wire_clocksource, by_pid), FIELD(wire_clocksource, number);
	FIELD(wire_clocksource, ktime), FIELD(wire_clocksource, value), FIELD(wire_clocksource, stack);
	FIELD(wire_clocksource, stage), FIELD(wire_clocksource, probe), FIELD(wire_clocksource, name), SIZE(wire_clocksource);
	FIELD(wire_number, number), FIELD(wire_number, vcpu), FIELD(wire_number, address), FIELD(wire_number, value);
	FIELD(wire_number, probe), SIZE(wire_number);
	FIELD(wire_task, task), FIELD(wire_task, task_tgid), FIELD(wire_task, comm), SIZE(wire_task);
	FIELD(wire_stack, id), FIELD(wire_stack, count), FIELD(wire_stack, address);
	FIELD(wire_symbol, address), FIELD(wire_symbol, name);
	FIELD(wire_clocks, mono), FIELD(wire_clocks, raw), FIELD(wire_clocks, boot), FIELD(wire_clocks, real);
	FIELD(wire_clocks, tsc), FIELD(wire_clocks, width), SIZE(wire_clocks);
	FIELD(wire_counts, records), FIELD(wire_counts, lost), FIELD(wire_counts, lost_stacks), FIELD(wire_counts, lost_tasks);
	SIZE(wire_counts);
	FIELD(wire_note, bytes), FIELD(wire_note, text);
	fprintf(stderr, "  \"wire_file\": %zu\n}\n", sizeof(struct wire_file));
}

int main(void)
{
	static const char json[] =
		"{\"collector\":\"1.0\",\"machine\":\"lab\",\"machine_id\":\"0123456789abcdef0123456789abcdef\",\"kernel\":\"6.1.0 "
		"x86_64\",\"clock\":\"mono\",\"clocks\":{\"mono\":\"5\",\"raw\":\"4\",\"boot\":\"6\",\"real\":\"1700000000000000007\","
		"\"tsc\":\"8\",\"width\":\"90\"},\"settings\":[{\"name\":\"CPUs\",\"value\":\"4\"}],\"probes\":[{\"label\":\"ttwu\","
		"\"attached\":\"try_to_wake_up\",\"source\":\"fentry\",\"because\":\"\"},{\"label\":\"read\",\"attached\":\"ktime_get\","
		"\"source\":\"fexit\",\"because\":\"\"}],\"absent\":[]}      ";
	struct wire_file file = { .magic = WIRE_MAGIC, .version = WIRE_VERSION };
	struct wire_task task = { .head = head(WIRE_TASK, sizeof(task), 0, 1000), .task = 1234, .task_tgid = 1234, .comm = "worker" };
	struct {
		struct wire_symbol r;
		char name[24];
	} symbol = { .r = { .head = head(WIRE_SYMBOL, sizeof(symbol), 0, 1001), .address = 0xffffffff81000010 },
		     .name = "try_to_wake_up+0x10" };
	struct {
		struct wire_stack r;
		__u64 address[2];
	} stack = { .r = { .head = head(WIRE_STACK, sizeof(stack), 0, 1002), .id = 9, .count = 2 },
		    .address = { 0xffffffff81000010, 0xffffffff82000020 } };
	struct wire_wake ttwu = { .head = head(WIRE_TTWU, sizeof(ttwu), 1, 171223534912180),
				  .wakee = 1234,
				  .wakee_tgid = 1234,
				  .run_seq = 1,
				  .ktime = 171223534912180,
				  .flags_entry = 0x10,
				  .flags_activate = WIRE_NONE,
				  .state = 1,
				  .stack = 9,
				  .prev_cpu = 2,
				  .target_cpu = WIRE_NO_CPU,
				  .path = WIRE_PATH_UNKNOWN,
				  .probe = 0,
				  .waker_cpu = 3,
				  .waker = 77 };
	struct wire_wake read = ttwu, wakeup;
	struct wire_clocksource clocksource = { .head = head(WIRE_CLOCKSOURCE, sizeof(clocksource), 3, 171223534920000),
						.by_tgid = 70,
						.by_pid = 77,
						.number = 2,
						.ktime = 171223534919000,
						.value = 0,
						.stack = WIRE_NO_STACK,
						.stage = WIRE_CS_CHANGE,
						.probe = WIRE_NO_PROBE,
						.name = "acpi_pm" };
	struct wire_number exit = { .head = head(WIRE_KVM_EXIT, sizeof(exit), 5, 171223534930000),
				    .number = 12,
				    .vcpu = 1,
				    .probe = WIRE_NO_PROBE };
	struct wire_clocks clocks = { .head = head(WIRE_CLOCKS, sizeof(clocks), 0, 6000),
				      .mono = 6000,
				      .raw = 5999,
				      .boot = 6001,
				      .real = 1700000000000000009,
				      .tsc = 12345,
				      .width = 40,
				      .clocksource = "tsc" };
	struct wire_counts counts = { .head = head(WIRE_COUNTS, sizeof(counts), 0, 6001), .records = 7, .lost = 1 };
	struct {
		struct wire_note r;
		char text[16];
	} end = { .r = { .head = head(WIRE_END, sizeof(end), 0, 6002), .bytes = 4 }, .text = "done" };

	read.head = head(WIRE_FIRST_READ, sizeof(read), 2, 171224645912321);
	read.flags_activate = 0x18;
	read.stack = WIRE_NO_STACK;
	read.target_cpu = 3;
	read.path = WIRE_PATH_DIRECT;
	read.probe = 1;
	read.value = 171224645912300;
	wakeup = read;
	wakeup.head = head(WIRE_WAKEUP, sizeof(wakeup), 4, 171223534915000);
	wakeup.probe = WIRE_NO_PROBE;
	wakeup.value = 0;
	fields();
	file.header_bytes = (sizeof(json) - 1) & ~7u;
	PUT(file);
	fwrite(json, 1, file.header_bytes, stdout);
	PUT(task), PUT(symbol), PUT(stack), PUT(ttwu), PUT(wakeup), PUT(read), PUT(clocksource), PUT(exit), PUT(clocks), PUT(counts), PUT(end);
	return 0;
}
