/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Which wake-ups and CPUs are recorded. */

INLINE bool cgroup_holds(struct task_struct *p)
{
	struct kernfs_node *kn = BPF_CORE_READ(p, cgroups, dfl_cgrp, kn);

	for (int depth = 0; depth < 8; depth++) {
		if (!kn)
			return false;
		if (BPF_CORE_READ(kn, id) == config.cgroup)
			return true;
		if (bpf_core_field_exists(((struct kernfs_node___6_15 *)kn)->__parent))
			kn = BPF_CORE_READ((struct kernfs_node___6_15 *)kn, __parent);
		else
			kn = BPF_CORE_READ(kn, parent);
	}
	return false;
}

INLINE bool comm_matches(const u64 comm[2])
{
	for (int i = 0; i < MAX_COMMS; i++) {
		const char *have = (const char *)comm;
		bool same = true;

		if (i >= config.comm_count)
			break;
		for (int at = 0; at < 15; at++) {
			char want = config.comm[i][at];

			if (!want)
				break;
			if (want != have[at]) {
				same = false;
				break;
			}
		}
		if (same)
			return true;
	}
	return false;
}

/* Whether the filters let a wake-up through. */
INLINE bool wanted(const struct seen *s)
{
	if (config.by_pid && !bpf_map_lookup_elem(&pids, &s->pid) && !bpf_map_lookup_elem(&pids, &s->tgid))
		return false;
	if (config.by_cpu) {
		u32 here = bpf_get_smp_processor_id(), prev_cpu = s->cpu;

		if (!bpf_map_lookup_elem(&cpus, &here) && !bpf_map_lookup_elem(&cpus, &prev_cpu))
			return false;
	}
	if (config.comm_count && !comm_matches(s->comm))
		return false;
	/* Of a plain tracepoint there is no task to look into; the user side has refused that. */
	if (config.cgroup && s->task && !cgroup_holds(s->task))
		return false;
	return true;
}

/* For records of a CPU rather than of a wake-up. */
INLINE bool wanted_here(void)
{
	u32 here = bpf_get_smp_processor_id();

	return !config.by_cpu || bpf_map_lookup_elem(&cpus, &here);
}
