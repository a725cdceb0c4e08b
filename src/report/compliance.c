/* The result of each requirement of each framework, from the checks of a run. A requirement passes
 * only when its checks passed. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "formats.h"

static int keep_count(void *context, const struct finding_count *c)
{
    struct finding_count *copy = xmalloc(sizeof *copy);
    *copy = *c;
    copy->check_id = NULL; /* the key says it; the texts are the statement's */
    copy->title = NULL;
    map_set(context, c->check_id, copy);
    return 0;
}

/* The worst status; waived failures and manual checks are not a pass. NULL: nothing was evaluated,
 * or nothing applied. */
static const char *result_of(const int64_t by_status[STATUS_COUNT])
{
    static const enum status order[] = {STATUS_FAIL,  STATUS_ERROR, STATUS_MANUAL,
                                        STATUS_MUTED, STATUS_PASS,  STATUS_FIXED};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (by_status[order[i]] > 0) {
            return order[i] == STATUS_MUTED   ? "MANUAL"
                   : order[i] == STATUS_FIXED ? "PASS"
                                              : status_name(order[i]);
        }
    }
    return NULL;
}

static json_t *counts_of(const int64_t by_status[STATUS_COUNT])
{
    json_t *object = json_object();
    for (int i = 0; i < STATUS_COUNT; i++) {
        json_object_set_new(object, status_name((enum status)i), json_integer(by_status[i]));
    }
    return object;
}

/* Counts the checks of a requirement; *unjudged: one of them was not evaluated in this run. */
static json_t *checks_of(const json_t *requirement, const struct map *counts,
                         int64_t sum[STATUS_COUNT], bool *unjudged)
{
    json_t *list = json_array();
    size_t i;
    const json_t *check;
    json_array_foreach(json_object_get(requirement, "checks"), i, check)
    {
        const struct finding_count *c = map_get(counts, jx_str_or(check, "id", ""));
        const char *result = c != NULL ? result_of(c->by_status) : NULL;
        for (int k = 0; c != NULL && k < STATUS_COUNT; k++) {
            sum[k] += c->by_status[k];
        }
        *unjudged = *unjudged || c == NULL;
        json_array_append_new(list,
                              json_pack("{s:O, s:O, s:s}", "id", json_object_get(check, "id"),
                                        "rationale", json_object_get(check, "rationale"), "result",
                                        c == NULL        ? "NOT_JUDGED"
                                        : result == NULL ? "NOT_APPLICABLE"
                                                         : result));
    }
    return list;
}

static json_t *row_of(const json_t *framework, const json_t *requirement, const struct map *counts)
{
    int64_t sum[STATUS_COUNT] = {0};
    bool unjudged = false;
    json_t *checks = checks_of(requirement, counts, sum, &unjudged);
    const char *result = result_of(sum);
    const char *why = jx_str(requirement, "why");
    if (why == NULL && unjudged && (result == NULL || strcmp(result, "PASS") == 0)) {
        result = NULL;
        why = "Not all of its checks were evaluated in this run.";
    } else if (why == NULL && result == NULL) {
        why = "None of its checks applied to a subject in this run.";
    }
    return json_pack(
        "{s:O, s:O, s:O, s:O, s:s, s:o, s:o, s:o}", "framework", json_object_get(framework, "id"),
        "framework_title", json_object_get(framework, "title"), "requirement",
        json_object_get(requirement, "id"), "title", json_object_get(requirement, "title"),
        "result", result != NULL ? result : "NOT_EVIDENCED", "why",
        why != NULL ? jx_string(why, strlen(why)) : json_null(), "checks", checks, "counts",
        counts_of(sum));
}

int report_compliance(struct store *store, json_t **out, struct err *err)
{
    json_t *frameworks = report_kept(store, "frameworks");
    struct map *counts = map_new(free);
    json_t *list = json_array();
    size_t i;
    const json_t *framework;
    int rc = store_each_finding_count(store, keep_count, counts, err) < 0 ? -1 : 0;
    json_array_foreach(frameworks, i, framework)
    {
        size_t k;
        const json_t *requirement;
        json_array_foreach(json_object_get(framework, "requirements"), k, requirement)
        {
            json_array_append_new(list, row_of(framework, requirement, counts));
        }
    }
    map_free(counts);
    json_decref(frameworks);
    if (rc != 0) {
        json_decref(list);
        return -1;
    }
    *out = list;
    return 0;
}
