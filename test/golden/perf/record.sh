#!/bin/sh
# Makes what stands here with perf (6.1 made what is kept): one perf.data, told event by event, and as perf sums it up. `perf sched
# record` leaves sched_wakeup out, without which the latencies of 6.1 miss most wake-ups.
set -e
cd "$(dirname "$0")"
data=$(mktemp)
trap 'rm -f "$data"' EXIT
events=switch,waking,wakeup,wakeup_new,migrate_task,process_fork,stat_runtime
perf record -q -a -R -c 1 -m 1024 -k CLOCK_MONOTONIC -e "$(echo "$events" | sed 's/[^,]*/sched:sched_&/g')" -o "$data" -- python3 -S load.py
perf script -i "$data" --ns -F tid,cpu,time,event,trace | grep -Ev 'stat_runtime|process_fork' | gzip -9n > events.txt.gz
perf sched latency -p -i "$data" > latency.txt
perf sched timehist -i "$data" | gzip -9n > timehist.txt.gz
