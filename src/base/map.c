#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define FIRST_SLOTS 16

struct entry {
    char *key; /* NULL: removed */
    void *value;
    uint64_t hash;
};

/* Entries are in insertion order; slots hold entry index + 1, 0 when never used. */
struct map {
    struct entry *entries;
    size_t used;  /* entries written, removed ones included */
    size_t count; /* entries not removed */
    size_t *slots;
    size_t slot_count; /* a power of two, 0 until the first key */
    uint64_t seed[2];
    void (*free_value)(void *);
};

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 with a random seed: keys come from AWS, and an attacker must not be able to choose
 * keys that collide. */
static uint64_t hash_key(const struct map *m, const char *key)
{
    size_t length = strlen(key);
    uint64_t v[4] = {m->seed[0] ^ 0x736f6d6570736575U, m->seed[1] ^ 0x646f72616e646f6dU,
                     m->seed[0] ^ 0x6c7967656e657261U, m->seed[1] ^ 0x7465646279746573U};
    uint64_t last = (uint64_t)length << 56;
    for (size_t i = 0; i + 8 <= length; i += 8) {
        uint64_t word = 0;
        memcpy(&word, key + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    for (size_t i = length - length % 8; i < length; i++) {
        last |= (uint64_t)(unsigned char)key[i] << 8 * (i % 8);
    }
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *map_new(void (*free_value)(void *))
{
    struct map *m = xcalloc(1, sizeof *m);
    m->free_value = free_value;
    random_bytes(m->seed, sizeof m->seed);
    return m;
}

static void drop_value(const struct map *m, void *value)
{
    if (m->free_value != NULL && value != NULL) {
        m->free_value(value);
    }
}

void map_free(struct map *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->used; i++) {
        if (m->entries[i].key != NULL) {
            drop_value(m, m->entries[i].value);
            free(m->entries[i].key);
        }
    }
    free(m->entries);
    free(m->slots);
    free(m);
}

static struct entry *find(const struct map *m, const char *key, uint64_t hash)
{
    if (m->slot_count == 0) {
        return NULL;
    }
    size_t mask = m->slot_count - 1;
    for (size_t slot = (size_t)hash & mask; m->slots[slot] != 0; slot = (slot + 1) & mask) {
        struct entry *e = &m->entries[m->slots[slot] - 1];
        if (e->key != NULL && e->hash == hash && strcmp(e->key, key) == 0) {
            return e;
        }
    }
    return NULL;
}

static void place(struct map *m, size_t index)
{
    size_t mask = m->slot_count - 1;
    size_t slot = (size_t)m->entries[index].hash & mask;
    while (m->slots[slot] != 0) {
        slot = (slot + 1) & mask;
    }
    m->slots[slot] = index + 1;
}

/* Discards the removed entries and sizes the slots for at least one more key. */
static void rebuild(struct map *m)
{
    size_t alive = 0;
    for (size_t i = 0; i < m->used; i++) {
        if (m->entries[i].key != NULL) {
            m->entries[alive++] = m->entries[i];
        }
    }
    m->used = alive;
    size_t slot_count = FIRST_SLOTS;
    while (slot_count < (alive + 1) * 4) {
        slot_count *= 2;
    }
    m->entries = xreallocarray(m->entries, slot_count / 2, sizeof *m->entries);
    free(m->slots);
    m->slots = xcalloc(slot_count, sizeof *m->slots);
    m->slot_count = slot_count;
    for (size_t i = 0; i < alive; i++) {
        place(m, i);
    }
}

void *map_get(const struct map *m, const char *key)
{
    const struct entry *e = m->count > 0 ? find(m, key, hash_key(m, key)) : NULL;
    return e != NULL ? e->value : NULL;
}

void map_set(struct map *m, const char *key, void *value)
{
    uint64_t hash = hash_key(m, key);
    struct entry *e = find(m, key, hash);
    if (e != NULL) {
        if (e->value != value) {
            drop_value(m, e->value);
        }
        e->value = value;
        return;
    }
    if (m->used == m->slot_count / 2) {
        rebuild(m);
    }
    m->entries[m->used].key = xstrdup(key);
    m->entries[m->used].value = value;
    m->entries[m->used].hash = hash;
    place(m, m->used);
    m->used++;
    m->count++;
}

bool map_remove(struct map *m, const char *key)
{
    struct entry *e = m->count > 0 ? find(m, key, hash_key(m, key)) : NULL;
    if (e == NULL) {
        return false;
    }
    drop_value(m, e->value);
    free(e->key);
    e->key = NULL;
    e->value = NULL;
    m->count--;
    return true;
}

size_t map_count(const struct map *m)
{
    return m->count;
}

bool map_next(const struct map *m, size_t *cursor, const char **key, void **value)
{
    while (*cursor < m->used) {
        const struct entry *e = &m->entries[(*cursor)++];
        if (e->key == NULL) {
            continue;
        }
        if (key != NULL) {
            *key = e->key;
        }
        if (value != NULL) {
            *value = e->value;
        }
        return true;
    }
    return false;
}
