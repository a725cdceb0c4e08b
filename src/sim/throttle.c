#include "base/mem.h"
#include "core.h"

struct bucket {
    double tokens;
    int64_t at_ms;
};

struct throttle {
    struct map *buckets; /* "group|who" -> struct bucket */
};

struct throttle *throttle_new(void)
{
    struct throttle *t = xcalloc(1, sizeof *t);
    t->buckets = map_new(free);
    return t;
}

void throttle_free(struct throttle *t)
{
    if (t != NULL) {
        map_free(t->buckets);
        free(t);
    }
}

static struct bucket *bucket_for(struct throttle *t, const struct rate *rate, const char *account,
                                 const char *region, int64_t now_ms)
{
    char key[192];
    switch (rate->scope) {
    case PER_ACCOUNT_AND_REGION:
        snprintf(key, sizeof key, "%s|%s|%s", rate->group, account, region);
        break;
    case PER_ACCOUNT:
        snprintf(key, sizeof key, "%s|%s", rate->group, account);
        break;
    case PER_ORGANIZATION:
        snprintf(key, sizeof key, "%s|org", rate->group);
        break;
    }
    struct bucket *b = map_get(t->buckets, key);
    if (b == NULL) {
        b = xcalloc(1, sizeof *b);
        *b = (struct bucket){rate->burst, now_ms};
        map_set(t->buckets, key, b);
    }
    b->tokens += (double)(now_ms - b->at_ms) / 1000.0 * rate->per_second;
    b->tokens = b->tokens > rate->burst ? rate->burst : b->tokens;
    b->at_ms = now_ms;
    return b;
}

bool throttle_take(struct throttle *t, const struct op *op, const char *account, const char *region,
                   int64_t now_ms)
{
    const struct rate *rates[RATES_MAX];
    struct bucket *buckets[RATES_MAX];
    size_t count = rate_class_rates(op->rate, rates);
    for (size_t i = 0; i < count; i++) {
        buckets[i] = bucket_for(t, rates[i], account, region, now_ms);
        if (buckets[i]->tokens < 1.0) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        buckets[i]->tokens -= 1.0;
    }
    return true;
}

void throttle_error(const struct service_info *info, int *status, const char **code,
                    const char **message)
{
    static const struct {
        int status;
        const char *code, *message;
    } errors[SVC_COUNT] = {
        [SVC_ORGANIZATIONS] = {400, "TooManyRequestsException",
                               "AWS Organizations can't complete your request because another "
                               "request is already in progress. Try again later."},
        [SVC_CONTROLTOWER] = {429, "ThrottlingException", "Rate exceeded"},
        [SVC_KMS] = {400, "ThrottlingException",
                     "You have exceeded the rate at which you may call KMS. Reduce the frequency "
                     "of your calls."},
        [SVC_BACKUP] = {400, "ThrottlingException", "Rate exceeded"},
        [SVC_STS] = {400, "Throttling", "Rate exceeded"},
        [SVC_ACCOUNT] = {429, "TooManyRequestsException", "Too Many Requests"},
        [SVC_EC2] = {503, "RequestLimitExceeded", "Request limit exceeded."},
        [SVC_RDS] = {400, "Throttling", "Rate exceeded"},
        [SVC_DYNAMODB] = {400, "ThrottlingException",
                          "Rate of requests exceeds the allowed throughput."},
        [SVC_EFS] = {429, "ThrottlingException", "Rate exceeded"},
        [SVC_S3] = {503, "SlowDown", "Please reduce your request rate."},
        [SVC_TAGGING] = {400, "ThrottledException", "Rate exceeded"},
        [SVC_IAM] = {400, "Throttling", "Rate exceeded"},
        [SVC_SERVICECATALOG] = {400, "ThrottlingException", "Rate exceeded"},
        [SVC_CONTROLCATALOG] = {429, "ThrottlingException", "Rate exceeded"},
        [SVC_FSX] = {400, "ThrottlingException", "Rate exceeded"},
        [SVC_EKS] = {429, "ThrottlingException", "Rate exceeded"},
        [SVC_REDSHIFT] = {400, "Throttling", "Rate exceeded"},
        [SVC_REDSHIFT_SERVERLESS] = {400, "ThrottlingException", "Rate exceeded"},
        [SVC_DSQL] = {429, "ThrottlingException", "Rate exceeded"},
        [SVC_STORAGEGATEWAY] = {400, "ThrottlingException", "Rate exceeded"},
        [SVC_CLOUDFORMATION] = {400, "Throttling", "Rate exceeded"},
    };
    *status = errors[info->service].status;
    *code = errors[info->service].code;
    *message = errors[info->service].message;
}
