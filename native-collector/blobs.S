/* SPDX-License-Identifier: Apache-2.0 */
/* What is carried inside the program: the kernel side, with and without atomic operations that return a value, and the table. */
#define BLOB(name, file) .global name, name##_end; .balign 8; name: .incbin file; name##_end: .byte 0

	.section .rodata
BLOB(object_fetch, OBJECT_FETCH)
BLOB(object_plain, OBJECT_PLAIN)
BLOB(builtin_probes, "probes.conf")
	.section .note.GNU-stack, "", @progbits
