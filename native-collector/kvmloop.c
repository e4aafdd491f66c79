/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   kvmloop VCPUS TIMES    a virtual machine without an operating system: vCPU n runs on a thread of its own and writes a port
 *                          TIMES * (n + 1) times, which is as many VM exits to here. For the probes of kvm_entry and kvm_exit.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int kvm, vm, times;

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void *run(void *argument)
{
	long id = (long)argument, size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	int vcpu = must(ioctl(vm, KVM_CREATE_VCPU, id), "KVM_CREATE_VCPU");
	struct kvm_run *state = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	struct kvm_regs regs = { .rip = 0x1000, .rflags = 2 };
	struct kvm_sregs sregs;
	int exits = 0;

	if (state == MAP_FAILED)
		must(-1, "mmap");
	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	while (exits < times * (id + 1)) {
		must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
		if (state->exit_reason != KVM_EXIT_IO) {
			fprintf(stderr, "vCPU %ld left for reason %u.\n", id, state->exit_reason);
			exit(1);
		}
		exits++;
	}
	printf("vCPU %ld: %d exits\n", id, exits);
	return NULL;
}

int main(int argc, char **argv)
{
	/* out 0x10, al; jmp to it */
	static const uint8_t code[] = { 0xe6, 0x10, 0xeb, 0xfc };
	struct kvm_userspace_memory_region region = { .guest_phys_addr = 0x1000, .memory_size = 0x1000 };
	void *memory = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int vcpus = argc == 3 ? atoi(argv[1]) : 0;
	pthread_t threads[16];

	times = argc == 3 ? atoi(argv[2]) : 0;
	if (vcpus < 1 || vcpus > 16 || times < 1) {
		fprintf(stderr, "kvmloop VCPUS TIMES: up to 16 vCPUs.\n");
		return 2;
	}
	kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	memcpy(memory, code, sizeof(code));
	region.userspace_addr = (uintptr_t)memory;
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	for (long i = 0; i < vcpus; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			return 1;
	for (int i = 0; i < vcpus; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
