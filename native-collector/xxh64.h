/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REMORA_XXH64_H
#define REMORA_XXH64_H

#include <stddef.h>
#include <stdint.h>

/* XXH64 with seed 0. */
uint64_t xxh64(const void *data, size_t size);

/* The id of a wake-up or of a clocksource switch: XXH64 over two 32-bit and two 64-bit numbers, little endian. */
uint64_t correlation_id(uint32_t tgid, uint32_t pid, uint64_t number, uint64_t ktime);

#endif
