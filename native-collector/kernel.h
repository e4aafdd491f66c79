/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few kernel types that the probes look into. Only names count: offsets are relocated to the running kernel's when the
 * program is loaded (CO-RE), so nothing of the building machine's kernel goes into the binary.
 */
#ifndef REMORA_KERNEL_H
#define REMORA_KERNEL_H

/* Tells bpf_tracing.h that registers are named as in the kernel's own headers. */
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s32 s32;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false, true };

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY, BPF_NOEXIST, BPF_EXIST };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	u32 cpu;
};
struct kernfs_node {
	struct kernfs_node *parent;
	u64 id;
};
/* Renamed in 6.15. */
struct kernfs_node___6_15 {
	struct kernfs_node *__parent;
};
struct cgroup {
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};
struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	int pid;
	int tgid;
	char comm[16];
	struct css_set *cgroups;
};
/* Before 5.14 and 5.16. */
struct task_struct___old {
	long state;
	unsigned int cpu;
};
struct rq {
	u64 clock;
	int cpu;
};
struct clocksource {
	const char *name;
};
struct hrtimer {
	__s64 _softexpires;
	void *function;
};
struct irqaction {
	void *handler;
};

#pragma clang attribute pop

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
};
struct pt_regs;
#endif

#endif
