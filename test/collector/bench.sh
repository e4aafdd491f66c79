#!/bin/bash
# What the collector costs: ns of CPU time per wake-up of two processes that wake each other on one CPU, with it and without, in turns.
# Run by hand, as root:  test/collector/bench.sh [TURNS] [CPU]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../../native-collector"
turns=${1:-5} cpu=${2:-0}
make -s remora-collect tools
measure() { # OPTIONS of the collector, or nothing
	local said collector=
	said=$(mktemp)
	if [ $# -gt 0 ]; then
		./remora-collect "$@" --output /dev/null 2>"$said" & collector=$!
		until grep -q recording "$said"; do sleep 0.05; kill -0 $collector; done
	fi
	build/pingpong 20000 "$cpu"
	if [ -n "$collector" ]; then kill -INT $collector; wait $collector || true; fi
	rm -f "$said"
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
none=() without=() with=()
for _ in $(seq "$turns"); do
	none+=("$(measure)")
	without+=("$(measure --groups wake,read)")
	with+=("$(measure --groups wake,read --stacks)")
done
a=$(printf '%s\n' "${none[@]}" | median) b=$(printf '%s\n' "${without[@]}" | median) c=$(printf '%s\n' "${with[@]}" | median)
printf 'ns of CPU time per wake-up, median of %s turns: %s without the collector, %s with it (%+d), %s with stacks (%+d)\n' \
	"$turns" "$a" "$b" $((b - a)) "$c" $((c - a))
