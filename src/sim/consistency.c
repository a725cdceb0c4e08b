/*
 * Eventual consistency: some reads are answered by a replica that is a little behind.
 *
 * Before a write runs, or a job that falls due, the covered services' states are copied; a copy
 * that differs afterwards is the past of that state. A covered read draws how far its replica is
 * behind and sees the states as they were then; writes, and reads that are not covered, see the
 * present.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

struct past {
    int64_t until_ms; /* the state was so until then */
    json_t *state;
};

struct history { /* of one state, oldest first */
    struct past *rows;
    size_t count;
};

struct consistency {
    int64_t low_ms, high_ms;
    uint64_t seed, draws;
    struct map *histories; /* key of the state -> struct history */
    struct map *copies;    /* key -> json_t, while a write runs */
    struct map *present;   /* key -> json_t, while a read looks at the past */
    struct map *walks;     /* operation, account and Region -> struct past without a state: later
                              pages come from the replica that gave the first one */
};

#define COVERED_MAX 13

/* The first row that fits an operation decides which states it may see late. Only reads are looked
 * up here. */
static const struct {
    const char *operations;
    enum service services[COVERED_MAX];
    size_t count;
} covered[] = {
    {"organizations:DescribeCreateAccountStatus", {SVC_ORGANIZATIONS}, 0},
    {"organizations:List*", {SVC_ORGANIZATIONS}, 1},
    {"organizations:Describe*", {SVC_ORGANIZATIONS}, 1},
    {"controltower:List*", {SVC_CONTROLTOWER}, 1},
    {"kms:*", {SVC_KMS}, 1},
    {"backup:*", {SVC_BACKUP}, 1},
    {"account:*", {SVC_ACCOUNT}, 1},
    {"tagging:*",
     {SVC_TAGGING, SVC_EC2, SVC_RDS, SVC_DYNAMODB, SVC_EFS, SVC_S3, SVC_FSX, SVC_EKS, SVC_REDSHIFT,
      SVC_REDSHIFT_SERVERLESS, SVC_DSQL, SVC_STORAGEGATEWAY, SVC_CLOUDFORMATION},
     COVERED_MAX},
};

static void forget_json(void *value)
{
    json_decref(value);
}

static void forget_history(void *value)
{
    struct history *h = value;
    for (size_t i = 0; i < h->count; i++) {
        json_decref(h->rows[i].state);
    }
    free(h->rows);
    free(h);
}

struct consistency *consistency_new(int64_t low_ms, int64_t high_ms, uint64_t seed)
{
    struct consistency *c = xcalloc(1, sizeof *c);
    c->low_ms = low_ms;
    c->high_ms = high_ms;
    c->seed = seed;
    c->histories = map_new(forget_history);
    c->walks = map_new(free);
    return c;
}

void consistency_free(struct consistency *c)
{
    if (c == NULL) {
        return;
    }
    map_free(c->histories);
    map_free(c->copies);
    map_free(c->walks);
    free(c);
}

/* Is the state of this key ("service/account/region") one of the row's? */
static bool holds(const enum service *services, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%d/", (int)services[i]);
        if (str_starts(key, prefix)) {
            return true;
        }
    }
    return false;
}

static bool ever_covered(const char *key)
{
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
        if (holds(covered[i].services, covered[i].count, key)) {
            return true;
        }
    }
    return false;
}

void consistency_before(struct sim *sim)
{
    struct consistency *c = sim->consistency;
    const char *key = NULL;
    void *value = NULL;
    size_t cursor = 0;
    if (c == NULL || c->copies != NULL) {
        return;
    }
    c->copies = map_new(forget_json);
    while (map_next(sim->states, &cursor, &key, &value)) {
        if (ever_covered(key)) {
            map_set(c->copies, key, json_deep_copy(value));
        }
    }
}

static void remember(struct consistency *c, const char *key, json_t *state, int64_t now_ms)
{
    struct history *h = map_get(c->histories, key);
    size_t stale = 0;
    if (h == NULL) {
        h = xcalloc(1, sizeof *h);
        map_set(c->histories, key, h);
    }
    while (stale < h->count && h->rows[stale].until_ms <= now_ms - c->high_ms) {
        json_decref(h->rows[stale++].state);
    }
    if (stale > 0) {
        h->count -= stale;
        memmove(h->rows, h->rows + stale, h->count * sizeof *h->rows);
    }
    h->rows = xreallocarray(h->rows, h->count + 1, sizeof *h->rows);
    h->rows[h->count++] = (struct past){now_ms, json_incref(state)};
}

void consistency_after(struct sim *sim)
{
    struct consistency *c = sim->consistency;
    const char *key = NULL;
    void *value = NULL;
    size_t cursor = 0;
    if (c == NULL || c->copies == NULL) {
        return;
    }
    while (map_next(c->copies, &cursor, &key, &value)) {
        if (!json_equal(value, map_get(sim->states, key))) {
            remember(c, key, value, sim_now_ms(sim));
        }
    }
    map_free(c->copies);
    c->copies = NULL;
}

/* From low_ms to high_ms; equal seeds give equal sequences. */
static int64_t draw_ms(struct consistency *c)
{
    unsigned char digest[SHA256_SIZE];
    uint64_t words[2] = {c->seed, ++c->draws}, drawn = 0;
    sha256(words, sizeof words, digest);
    memcpy(&drawn, digest, sizeof drawn);
    return c->low_ms + (int64_t)(drawn % (uint64_t)(c->high_ms - c->low_ms + 1));
}

/* The moment this read sees. */
static int64_t moment(struct consistency *c, const struct sim_call *call)
{
    const struct op *op = call->op;
    char label[128], walk[256];
    op_label(op, label, sizeof label);
    snprintf(walk, sizeof walk, "%s/%s/%s", label, call->account, call->region);
    struct past *first = map_get(c->walks, walk);
    if (first != NULL && op->token_in != NULL && jx_str(call->in, op->token_in) != NULL) {
        return first->until_ms;
    }
    first = xcalloc(1, sizeof *first);
    first->until_ms = sim_now_ms(call->sim) - draw_ms(c);
    map_set(c->walks, walk, first);
    return first->until_ms;
}

void consistency_look_back(const struct sim_call *call)
{
    struct sim *sim = call->sim;
    struct consistency *c = sim->consistency;
    const char *key = NULL;
    void *value = NULL;
    size_t cursor = 0, row = 0, rows = sizeof covered / sizeof *covered;
    char label[128];
    if (c == NULL || op_writes(call->op) || call->in == NULL) {
        return;
    }
    op_label(call->op, label, sizeof label);
    while (row < rows && !str_glob(covered[row].operations, label)) {
        row++;
    }
    if (row == rows || covered[row].count == 0) {
        return;
    }
    int64_t then_ms = moment(c, call);
    c->present = map_new(forget_json);
    while (map_next(c->histories, &cursor, &key, &value)) {
        const struct history *h = value;
        size_t at = 0;
        while (at < h->count && h->rows[at].until_ms <= then_ms) {
            at++;
        }
        if (at < h->count && holds(covered[row].services, covered[row].count, key)) {
            map_set(c->present, key, json_incref(map_get(sim->states, key)));
            /* A copy: what a handler leaves in the past must not stay there. */
            map_set(sim->states, key, json_deep_copy(h->rows[at].state));
        }
    }
}

void consistency_look_up(struct sim *sim)
{
    struct consistency *c = sim->consistency;
    const char *key = NULL;
    void *value = NULL;
    size_t cursor = 0;
    if (c == NULL || c->present == NULL) {
        return;
    }
    while (map_next(c->present, &cursor, &key, &value)) {
        map_set(sim->states, key, json_incref(value));
    }
    map_free(c->present);
    c->present = NULL;
}
