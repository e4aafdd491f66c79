#!/bin/bash
# The collector under a load of wake-ups: no crash, no growth, and every lost record counted.
# Run by hand, as root:  test/collector/load.sh [SECONDS] [PAIRS] [further options of remora-collect]
# The file it writes grows by some 20 MB a second at 100,000 wake-ups a second; REMORA_LOAD_DIR says where (default: a new folder in /tmp).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-600} pairs=${2:-2}; shift $(($# < 2 ? $# : 2))
dir=${REMORA_LOAD_DIR:-$(mktemp -d)}
make -s -C native-collector remora-collect pingpong
native-collector/remora-collect --groups wake,read "$@" --status --output "$dir/load.wire" 2>"$dir/status" & collector=$!
until grep -q recording "$dir/status"; do sleep 0.05; kill -0 $collector; done
native-collector/build/pingpong --seconds "$seconds" --pairs "$pairs" >"$dir/rate" & load=$!
first='' last=''
while kill -0 $load 2>/dev/null; do
	sleep 1
	last=$(awk '/^VmRSS/ {print $2}' "/proc/$collector/status")
	[ -n "$first" ] || first=$last
done
kill -INT $collector; wait $collector
cat "$dir/rate"
tail -n 1 "$dir/status"
echo "memory of the collector: $first KiB at first, $last KiB at last"
python3 - "$dir/load.wire" <<'PY'
import struct, sys
# Every number of a CPU is there once, or counted as lost.
f = open(sys.argv[1], 'rb')
head = f.read(16)
f.seek(16 + struct.unpack_from('<I', head, 12)[0])
seen, twice, counts, end = {}, 0, {}, ''
marks = {}
while True:
    h = f.read(32)
    if len(h) < 32: break
    kind, size, cpu, flags, seq, time = struct.unpack_from('<HHHHQQ', h)
    rest = f.read(size - 32)
    if kind < 128 and not flags & 1:
        m = marks.setdefault(cpu, bytearray())
        if seq >= len(m): m.extend(bytes(max(seq + 1 - len(m), 1 << 20)))
        twice += m[seq]
        m[seq] = 1
        seen[cpu] = seen.get(cpu, 0) + 1
    elif kind == 131: counts[cpu] = struct.unpack_from('<QQ', rest)
    elif kind == 133: end = rest[8:].split(b'\0')[0].decode()
bad = twice
for cpu, (numbered, lost) in sorted(counts.items()):
    lacking = numbered - seen.get(cpu, 0)
    print(f'CPU {cpu}: {numbered} numbered, {seen.get(cpu, 0)} written, {lacking} lacking, {lost} counted as lost')
    bad += lacking != lost
print(f'ended: {end}; numbers used twice: {twice}')
sys.exit(1 if bad or not end else 0)
PY
rm -f "$dir/load.wire"
