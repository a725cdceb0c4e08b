#include "inventory/trend.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "inventory/coverage.h"

static int add_statuses(void *context, const struct finding_count *c)
{
    int64_t *sums = context;
    for (int i = 0; i < STATUS_COUNT; i++) {
        sums[i] += c->by_status[i];
    }
    return 0;
}

static json_t *point_of(struct store *s, struct err *err)
{
    int64_t sums[STATUS_COUNT] = {0};
    struct coverage_totals c;
    const char *id = store_meta(s, "run_id"), *ended = store_meta(s, "ended");
    if (store_each_finding_count(s, add_statuses, sums, err) < 0 ||
        coverage_count(s, &c, err) != 0) {
        return NULL;
    }
    json_t *by_status = json_object();
    for (int i = 0; i < STATUS_COUNT; i++) {
        json_object_set_new(by_status, status_name((enum status)i), json_integer(sums[i]));
    }
    unsigned long long unseen = (unsigned long long)c.gaps + (c.reached < c.expected);
    enum verdict verdict = verdict_of((unsigned long long)sums[STATUS_FAIL],
                                      (unsigned long long)sums[STATUS_ERROR], unseen);
    return json_pack("{s:o, s:o, s:s, s:o, s:I, s:I, s:I}", "run_id",
                     jx_string(id != NULL ? id : "", id != NULL ? strlen(id) : 0), "ended",
                     jx_string(ended != NULL ? ended : "", ended != NULL ? strlen(ended) : 0),
                     "verdict", verdict_name(verdict), "by_status", by_status, "expected",
                     (json_int_t)c.expected, "reached", (json_int_t)c.reached, "gaps",
                     (json_int_t)c.gaps);
}

int trend_read(struct store *s, json_t **out, struct err *err)
{
    const char *kept = store_meta(s, "trend");
    json_t *trend = kept != NULL ? json_loads(kept, 0, NULL) : NULL;
    if (!json_is_array(trend)) { /* absent, or damaged: this run still has its own numbers */
        json_decref(trend);
        trend = json_array();
    }
    json_t *point = point_of(s, err);
    if (point == NULL) {
        json_decref(trend);
        return -1;
    }
    (void)json_array_append_new(trend, point);
    while (json_array_size(trend) > TREND_MAX) {
        (void)json_array_remove(trend, 0);
    }
    *out = trend;
    return 0;
}

int trend_carry(struct store *previous, struct store *s, struct err *err)
{
    json_t *trend = NULL;
    if (trend_read(previous, &trend, err) != 0) {
        return -1;
    }
    char *words = jx_dump(trend);
    int rc = store_meta_set(s, "trend", words, err);
    free(words);
    json_decref(trend);
    return rc;
}
