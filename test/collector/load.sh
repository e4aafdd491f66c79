#!/bin/bash
# The collector under a load of wake-ups: no crash, no growth, and every lost record counted.
# Run by hand, as root:  test/collector/load.sh [SECONDS] [PAIRS] [further options of remora-collect]
# The file it writes grows by some 25 MB a second at 100,000 wake-ups a second; REMORA_LOAD_DIR says where (default: a new folder in /tmp).
# REMORA_LOAD_RATE limits the wake-ups a second of all pairs together; the rate is otherwise what the machine can do.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-600} pairs=${2:-2}; shift $(($# < 2 ? $# : 2))
dir=${REMORA_LOAD_DIR:-$(mktemp -d)}
make -s -C native-collector remora-collect tools
native-collector/remora-collect --groups wake,read "$@" --status --output "$dir/load.wire" 2>"$dir/status" & collector=$!
until grep -q recording "$dir/status"; do sleep 0.05; kill -0 $collector; done
native-collector/build/pingpong --seconds "$seconds" --pairs "$pairs" ${REMORA_LOAD_RATE:+--rate "$REMORA_LOAD_RATE"} >"$dir/rate" & load=$!
first='' last='' most=0
while kill -0 $load 2>/dev/null; do
	sleep 1
	last=$(awk '/^VmRSS/ {print $2}' "/proc/$collector/status")
	[ "$last" -le "$most" ] || most=$last
	[ -n "$first" ] || first=$last
done
kill -INT $collector; wait $collector
cat "$dir/rate"
tail -n 1 "$dir/status"
echo "memory of the collector: $first KiB at first, $most KiB at most, $last KiB at last"
code=0
ls -l "$dir/load.wire"
native-collector/build/verify "$dir/load.wire" || code=$?
rm -f "$dir/load.wire"
exit $code
