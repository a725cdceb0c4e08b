#include "retry.h"

#include "base/hash.h"

#define DELAY_CAP_MS 20000
#define HINT_SLACK_MS 5000
/* A wrong or hostile Retry-After may delay a call, but not stop it. */
#define RETRY_AFTER_CAP_MS 300000
#define QUOTA 500
#define TRIES_THROTTLED 8
#define TRIES_TRANSIENT 3

static const struct {
    int64_t base_ms;
    int cost;
} kinds[] = {
    [RETRY_NEVER] = {0, 0},
    [RETRY_TRANSIENT] = {50, 14},
    [RETRY_THROTTLED] = {1000, 5},
};

enum retry_kind retry_kind_of(const struct retry_case *c)
{
    bool write = op_writes(c->op);
    if (c->class == ANSWER_THROTTLED) {
        return RETRY_THROTTLED;
    }
    if (c->class == ANSWER_NETWORK) {
        return c->hopeless || (write && c->sent) ? RETRY_NEVER : RETRY_TRANSIENT;
    }
    if (c->class == ANSWER_SERVER) {
        /* After a server error a write may have taken effect: the caller must read first. */
        return write ? RETRY_NEVER : RETRY_TRANSIENT;
    }
    return RETRY_NEVER;
}

bool retry_allowed(enum retry_kind kind, unsigned tries, unsigned throttles, int max_attempts)
{
    unsigned most = max_attempts > 0 ? (unsigned)max_attempts : TRIES_THROTTLED;
    unsigned transient_most = max_attempts > 0 ? most : TRIES_TRANSIENT;
    if (kind == RETRY_NEVER || tries >= most) {
        return false;
    }
    return kind == RETRY_THROTTLED || tries - throttles < transient_most;
}

int retry_attempts_shown(int max_attempts)
{
    return max_attempts > 0 ? max_attempts : TRIES_THROTTLED;
}

int64_t retry_delay_ms(enum retry_kind kind, unsigned retry, double unit,
                       const struct retry_hints *hints)
{
    int64_t ceiling_ms = kinds[kind].base_ms;
    for (unsigned i = 0; i < retry && ceiling_ms < DELAY_CAP_MS; i++) {
        ceiling_ms *= 2;
    }
    ceiling_ms = ceiling_ms < DELAY_CAP_MS ? ceiling_ms : DELAY_CAP_MS;
    int64_t delay_ms = (int64_t)(unit * (double)ceiling_ms);
    if (hints->amz_retry_after_ms > delay_ms) {
        int64_t most_ms = delay_ms + HINT_SLACK_MS;
        return hints->amz_retry_after_ms < most_ms ? hints->amz_retry_after_ms : most_ms;
    }
    if (hints->amz_retry_after_ms < 0 && hints->retry_after_ms > delay_ms) {
        return hints->retry_after_ms < RETRY_AFTER_CAP_MS ? hints->retry_after_ms
                                                          : RETRY_AFTER_CAP_MS;
    }
    return delay_ms;
}

void retry_quota_init(struct retry_quota *q)
{
    q->left = QUOTA;
}

int retry_quota_take(struct retry_quota *q, enum retry_kind kind)
{
    int cost = kinds[kind].cost;
    if (q->left < cost) {
        return 0;
    }
    q->left -= cost;
    return cost;
}

void retry_quota_give(struct retry_quota *q, int taken)
{
    q->left += taken > 0 ? taken : 1;
    q->left = q->left < QUOTA ? q->left : QUOTA;
}

void random_seed(struct random_source *r, uint64_t seed)
{
    r->state = seed;
    if (seed == 0) {
        random_bytes(&r->state, sizeof r->state);
    }
}

/* splitmix64 */
uint64_t random_next(struct random_source *r)
{
    r->state += 0x9e3779b97f4a7c15U;
    uint64_t z = r->state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

double random_unit(struct random_source *r)
{
    return (double)(random_next(r) >> 11) * 0x1.0p-53;
}
