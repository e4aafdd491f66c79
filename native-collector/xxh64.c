/* SPDX-License-Identifier: Apache-2.0 */
#include "xxh64.h"
#include <string.h>

static const uint64_t P1 = 0x9e3779b185ebca87, P2 = 0xc2b2ae3d27d4eb4f, P3 = 0x165667b19e3779f9, P4 = 0x85ebca77c2b2ae63,
		      P5 = 0x27d4eb2f165667c5;

static uint64_t rotate(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static uint64_t read64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static uint64_t step(uint64_t lane, uint64_t input)
{
	return rotate(lane + input * P2, 31) * P1;
}

uint64_t xxh64(const void *data, size_t size)
{
	const uint8_t *p = data, *end = p + size;
	uint64_t h = P5;

	if (size >= 32) {
		uint64_t lane[4] = { P1 + P2, P2, 0, -P1 };

		for (; end - p >= 32; p += 32)
			for (int i = 0; i < 4; i++)
				lane[i] = step(lane[i], read64(p + 8 * i));
		h = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
		for (int i = 0; i < 4; i++)
			h = (h ^ step(0, lane[i])) * P1 + P4;
	}
	h += size;
	for (; end - p >= 8; p += 8)
		h = rotate(h ^ step(0, read64(p)), 27) * P1 + P4;
	if (end - p >= 4) {
		uint32_t v;

		memcpy(&v, p, 4);
		h = rotate(h ^ v * P1, 23) * P2 + P3;
		p += 4;
	}
	for (; p < end; p++)
		h = rotate(h ^ *p * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

uint64_t correlation_id(uint32_t tgid, uint32_t pid, uint64_t number, uint64_t ktime)
{
	uint8_t tuple[24];

	memcpy(tuple, &tgid, 4);
	memcpy(tuple + 4, &pid, 4);
	memcpy(tuple + 8, &number, 8);
	memcpy(tuple + 16, &ktime, 8);
	return xxh64(tuple, sizeof(tuple));
}
