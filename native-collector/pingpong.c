/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes on one CPU that wake each other through pipes.
 *   pingpong ROUNDTRIPS [CPU]           ns of CPU time per wake-up, the median of 9 rounds: what else runs there does not count
 *   pingpong --seconds N --pairs P [--rate R]   P pairs for N seconds, wherever they may run, all together R wake-ups a second
 *                                       or as many as they can; prints wake-ups a second
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double cpu_time(clockid_t other)
{
	struct timespec own, its;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	clock_gettime(other, &its);
	return own.tv_sec + its.tv_sec + (own.tv_nsec + its.tv_nsec) * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void echo(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1 && write(to, &c, 1) == 1)
		;
	_exit(0);
}

static pid_t start(int there[2], int back[2])
{
	pid_t child;

	if (pipe(there) || pipe(back))
		exit(1);
	child = fork();
	if (child == 0) {
		close(there[1]);
		close(back[0]);
		echo(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	return child;
}

/* Round trips up to now; between two portions of them the pair sleeps. */
static void keep_pace(uint64_t trips, double rate, double began)
{
	double ahead = trips / rate - (now() - began);
	struct timespec t = {0, ahead * 1e9};

	if (ahead > 0)
		nanosleep(&t, NULL);
}

static int pairs(double seconds, int count, double rate)
{
	uint64_t *trips = mmap(NULL, count * 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), sum = 0;
	double began = now(), end = began + seconds;

	for (int i = 0; i < count; i++) {
		int there[2], back[2];
		char c = 0;

		if (fork())
			continue;
		start(there, back);
		while (now() < end && write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1)
			if (++trips[i * 8] % 100 == 0 && rate > 0)
				keep_pace(trips[i * 8], rate / (2 * count), began);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < count; i++)
		sum += trips[i * 8];
	printf("%.0f wake-ups a second\n", 2 * sum / seconds);
	return 0;
}

int main(int argc, char **argv)
{
	long trips = argc > 1 ? atol(argv[1]) : 100000;
	int cpu = argc > 2 ? atoi(argv[2]) : 0, there[2], back[2];
	double round[9];
	clockid_t other;
	cpu_set_t set;
	char c = 0;

	signal(SIGPIPE, SIG_IGN);
	if ((argc == 5 || argc == 7) && !strcmp(argv[1], "--seconds"))
		return pairs(atof(argv[2]), atoi(argv[4]), argc == 7 ? atof(argv[6]) : 0);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fprintf(stderr, "pingpong: there is no CPU %d.\n", cpu);
		return 2;
	}
	if (clock_getcpuclockid(start(there, back), &other))
		return 1;
	for (int r = 0; r < 9; r++) {
		double began = cpu_time(other);

		for (long i = 0; i < trips; i++)
			if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
				return 1;
		round[r] = (cpu_time(other) - began) * 1e9 / (2 * trips);
	}
	qsort(round, 9, sizeof(round[0]), by_value);
	printf("%.0f\n", round[4]);
	return 0;
}
