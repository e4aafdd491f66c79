#!/bin/bash
# The collector in a Debian guest, where functions can be probed: wake_flags, stacks, ids up to the first ktime_get, and a
# clocksource switch hpet -> acpi_pm -> hpet with its chain; VM entries and exits of a guest in the guest (QEMU emulates SVM); then
# host and guest recorded together and held against each other.
# Run by hand, as root:  test/collector/guest.sh [OUTDIR]
# GUEST_TOOL = directory of the guest tool (build, start, stop, ssh, cp), default ../shared/tools/guest; GUEST_N = number of its tap.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
tool=${GUEST_TOOL:-$PWD/../shared/tools/guest}
n=${GUEST_N:-9}
out=${1:-$(mktemp -d)}
mkdir -p "$out"
failed=0
check() { # WHAT COMMAND...
	local what=$1; shift
	if "$@"; then echo "ok    $what"; else echo "FAILS $what"; failed=1; fi
}
[ -x "$tool/start" ] || { echo "There is no guest tool in $tool: name it by GUEST_TOOL." >&2; exit 2; }
make -s -C native-collector remora-collect tools || exit 2
node build/build.mjs main >/dev/null || exit 2
"$tool/build" >"$out/guest-build.log" 2>&1 || { tail -n 5 "$out/guest-build.log"; exit 2; }
name=remora-$n
start() { "$tool/start" "$name" "$n" "$@" >"$out/guest-start.log" 2>&1 || { tail -n 5 "$out/guest-start.log"; exit 2; }; }
start
trap '"$tool/stop" "$name" >/dev/null' EXIT

"$tool/cp" native-collector/remora-collect "$n:" || exit 2
timeout 120 "$tool/ssh" "$n" '
	cd; : >said
	(until grep -q recording said; do sleep 0.1; done; sleep 0.3
	 cs=/sys/devices/system/clocksource/clocksource0/current_clocksource
	 cat $cs; echo acpi_pm >$cs; cat $cs; sleep 0.5; echo hpet >$cs; cat $cs) &
	./remora-collect --stacks --seconds 4 --json --output records.jsonl 2>said; cat said; wait'
"$tool/cp" "$n:records.jsonl" "$out/guest.jsonl" || exit 2
r=$out/guest.jsonl
count() { grep -c "$@" "$r"; }
echo "records: $(grep -o '"kind":"[a-z_]*"' "$r" | sort | uniq -c | tr -s ' \n' ' ')"
check 'wake-ups carry the wake_flags of their entry' [ "$(count '"kind":"ttwu".*"wake_flags":"0x')" -gt 10 ]
check 'and those of their activation' [ "$(count '"kind":"activate".*"wake_flags_activate":"0x')" -gt 10 ]
check 'every sched_waking has its try_to_wake_up' [ "$(count '"kind":"waking".*"wake_flags"')" -eq "$(count '"kind":"waking"')" ]
check 'stacks begin with try_to_wake_up' [ "$(count '"kind":"ttwu".*"stack":\["try_to_wake_up')" -gt 10 ]
check 'and hold no frames of the instrumentation' [ "$(count '"stack":.*\(bpf_prog\|bpf_trampoline\|bpf_trace_run\)')" -eq 0 ]
ids() { grep "\"kind\":\"$1\"" "$r" | grep -o '"correlation_id":"[0-9a-f]*"' | sort -u; }
check 'ids reach from try_to_wake_up to the first ktime_get' \
	[ "$(comm -12 <(ids ttwu) <(ids first_read) | wc -l)" -ge 5 ]
for to in acpi_pm hpet; do
	chain=$(grep -o "\"delta_chain_id\":\"[0-9a-f]*\",\"stage\":\"entry\",\"clocksource\":\"$to\"" "$r" | cut -d'"' -f4 | tail -n 1)
	stages=$(grep "\"kind\":\"clocksource\".*\"delta_chain_id\":\"$chain\"" "$r" | grep -o '"stage":"[a-z_]*"' | cut -d'"' -f4 | tr '\n' ' ')
	check "the switch to $to is one chain: $stages" [ "$stages" = 'entry change change first_read recalculation ' ]
done

# The guest's image lacks the modules of KVM; its package has them.
kernel=$("$tool/ssh" "$n" uname -r)
if (cd "$out" && apt-get download "linux-image-$kernel" && dpkg-deb -x linux-image-*.deb image) >"$out/kvm.log" 2>&1; then
	for module in virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd; do
		"$tool/cp" "$out/image/lib/modules/$kernel/kernel/$module.ko" "$n:"
	done
	rm -rf "$out/image" "$out"/linux-image-*.deb
	"$tool/cp" native-collector/build/kvmloop "$n:"
	timeout 120 "$tool/ssh" "$n" '
		cd; for m in irqbypass kvm kvm-amd; do insmod $m.ko; done; : >said
		./remora-collect --groups kvm --json --output kvm.jsonl 2>said & c=$!
		until grep -q recording said; do sleep 0.1; done
		trace-cmd record -q -C mono -e kvm:kvm_entry -e kvm:kvm_exit -o kvm.dat ./kvmloop 2 1000
		kill -INT $c; wait $c; trace-cmd report kvm.dat >kvm.txt'
	for f in kvm.jsonl kvm.txt; do "$tool/cp" "$n:$f" "$out/"; done
	for v in 0 1; do
		has=$(grep -c "\"kind\":\"kvm_entry\".*\"vcpu\":$v[,}]" "$out/kvm.jsonl")
		check "the $has entries of vCPU $v are those of trace-cmd" [ "$has" -gt 1000 -a "$has" -eq "$(grep -c "kvm_entry: *vcpu $v " "$out/kvm.txt")" ]
	done
	# 0x7b = 123: SVM_EXIT_IOIO
	check 'and the exits by I/O those of kvmloop' \
		[ "$(grep -c '"kind":"kvm_exit".*"number":123[,}]' "$out/kvm.jsonl")" -eq "$(grep -c 'kvm_exit: *reason EXIT_IOIO ' "$out/kvm.txt")" -a \
		"$(grep -c 'reason EXIT_IOIO ' "$out/kvm.txt")" -eq 3000 ]
else
	echo "skipped: VM entries and exits, as linux-image-$kernel cannot be had ($(tail -n 1 "$out/kvm.log"))"
fi

ssh="ssh -i ${REMORA_GUEST_DIR:-$HOME/.cache/remora-guest}/key/id -o IdentitiesOnly=yes -o StrictHostKeyChecking=no"
ssh+=" -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
pair() { # FOLDER SECONDS
	XDG_STATE_HOME=$out timeout -k 20 240 node dist/main/cli.js record --output "$out/$1" --preset wake-ups --seconds "$2" \
		--guest "$name=ssh:root@10.9.$n.2" --ssh "$ssh"
}
agree() { node dist/main/agreement-run.js "$out/$1.dat" "$out/$1.wire" 99.9; }
pair pair 5
check 'host and guest were recorded together' [ $? -eq 0 ]
check 'the host knows its guest by trace id and vCPU threads' \
	grep -q "\"name\": \"$name\"" <(node dist/main/cli.js info --json "$out/pair/host.dat")
check 'nothing is left in the guest' timeout 60 "$tool/ssh" "$n" \
	'[ -z "$(ls /var/tmp)" ] && [ -z "$(ls /sys/kernel/tracing/instances)" ] && [ -z "$(cat /sys/kernel/tracing/set_event)" ]'
check 'records and trace of the host agree' agree pair/host

# Trace and records read the clock one after the other. Where an emulated vCPU is held up between the two (its thread is preempted on
# the host; a reading of the hpet waits for QEMU's lock) that becomes a difference of its times. So here the guest's clock counts its
# instructions: what lies between two readings is what the guest's kernel did.
"$tool/stop" "$name" >/dev/null
export ACCEL=tcg,thread=single SMP=1 KARGS=tsc=reliable
start -- -icount shift=2,sleep=on
timeout 300 "$tool/ssh" "$n" 'cyclictest -q -t2 -p 50 -i 1000 >/dev/null' </dev/null & load=$!
pair counted 40
check 'host and guest were recorded together again' [ $? -eq 0 ]
kill $load
check 'records and trace of the guest agree' agree "counted/$name"
echo "files: $out"
exit $failed
