/* Applies waivers to failures and records the use of each waiver. In doubt, a failure is not
 * covered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "waivers_private.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define TAGS_BYTES_MAX ((size_t)1024 * 1024)

struct subject { /* the values that a waiver's patterns are matched with */
    const char *account, *check, *region, *name, *arn, *tags;
};

int waivers_begin(struct waivers *w, const char *now_iso, struct err *err)
{
    if (now_iso == NULL || !time_parse_iso(now_iso, &w->now_ms)) {
        return err_set(err, ERR_INPUT,
                       "the run has no end time: cannot determine which waivers are in force");
    }
    for (size_t i = 0; i < w->count; i++) {
        w->items[i].matched = 0;
        w->items[i].missed = 0;
        w->items[i].problem = NULL;
    }
    return 0;
}

static bool waiver_expired(const struct waivers *w, const struct waiver *one)
{
    return one->ends_ms != 0 && w->now_ms >= one->ends_ms;
}

static bool found(struct waiver *one, const struct pattern *p, const char *text)
{
    int rc = pattern_search(p, text, strlen(text));
    if (rc < 0) {
        one->problem = "a pattern exceeded the matching limit";
    }
    return rc > 0;
}

static bool any_found(struct waiver *one, const struct pattern_list *list, const char *text)
{
    for (size_t i = 0; i < list->count && one->problem == NULL; i++) {
        if (found(one, list->items[i], text)) {
            return true;
        }
    }
    return false;
}

/* A resource matches by its name or by its ARN. */
static bool resource_found(struct waiver *one, const struct pattern_list *list,
                           const struct subject *s)
{
    return any_found(one, list, s->name) || (s->arn[0] != '\0' && any_found(one, list, s->arn));
}

static bool all_found(struct waiver *one, const struct pattern_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (one->problem != NULL || !found(one, list->items[i], text)) {
            return false;
        }
    }
    return list->count > 0;
}

/* Every listed kind must match. */
static bool is_excepted(struct waiver *one, const struct subject *s)
{
    const struct conditions *c = &one->excepts;
    return c->accounts.count + c->regions.count + c->resources.count + c->tags.count > 0 &&
           (c->accounts.count == 0 || any_found(one, &c->accounts, s->account)) &&
           (c->regions.count == 0 || any_found(one, &c->regions, s->region)) &&
           (c->resources.count == 0 || resource_found(one, &c->resources, s)) &&
           (c->tags.count == 0 || all_found(one, &c->tags, s->tags));
}

static bool means_check(struct waiver *one, const char *check)
{
    return one->one_check ? strcmp(one->check, check) == 0 : found(one, one->checks, check);
}

static bool covers(struct waiver *one, const struct subject *s)
{
    const struct conditions *c = &one->covers;
    return any_found(one, &c->regions, s->region) && resource_found(one, &c->resources, s) &&
           (c->tags.count == 0 || all_found(one, &c->tags, s->tags));
}

static char *tags_text(const json_t *tags)
{
    struct text out;
    const char *key;
    json_t *value;
    text_init(&out, TAGS_BYTES_MAX);
    json_object_foreach((json_t *)(uintptr_t)tags, key, value)
    {
        const char *word = json_string_value(value);
        text_addf(&out, "%s%s=%s", out.length > 0 ? " | " : "", key, word != NULL ? word : "");
    }
    return text_take(&out);
}

const char *waivers_mute(struct waivers *w, const struct finding *f, const json_t *tags)
{
    const char *name = NULL;
    size_t closed = SIZE_MAX; /* the block in which an exception was found */
    if (strcmp(f->check_id, WAIVERS_RULE) == 0) {
        return NULL;
    }
    char *tag_words = tags_text(tags);
    const struct subject s = {f->account_id,   f->check_id,
                              f->region,       f->resource_name,
                              f->resource_arn, tag_words != NULL ? tag_words : ""};
    for (size_t i = 0; i < w->count; i++) {
        struct waiver *one = &w->items[i];
        bool here = strcmp(one->account, "*") == 0 || strcmp(one->account, s.account) == 0;
        if (!here || one->block == closed || one->problem != NULL || !means_check(one, s.check)) {
            continue;
        }
        if (waiver_expired(w, one)) {
            one->missed += !is_excepted(one, &s) && covers(one, &s) ? 1 : 0;
        } else if (is_excepted(one, &s)) {
            closed = one->block;
        } else if (one->problem == NULL && covers(one, &s) && one->problem == NULL) {
            one->matched++;
            name = name != NULL ? name : one->name;
        }
    }
    free(tag_words);
    return name;
}

static int64_t day_of(int64_t ms)
{
    return ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
}

/* 0 on the last day. */
static int64_t days_left(const struct waivers *w, const struct waiver *one)
{
    return day_of(one->ends_ms - 1) - day_of(w->now_ms);
}

static const char *state_of(const struct waivers *w, const struct waiver *one)
{
    return waiver_expired(w, one)                                            ? "EXPIRED"
           : one->matched == 0                                               ? "UNUSED"
           : one->ends_ms != 0 && days_left(w, one) <= WAIVERS_EXPIRING_DAYS ? "EXPIRING"
                                                                             : "ACTIVE";
}

json_t *waivers_document(const struct waivers *w, bool whole)
{
    json_t *expired = json_array(), *unused = json_array();
    for (size_t i = 0; w != NULL && i < w->count; i++) {
        const struct waiver *one = &w->items[i];
        if (waiver_expired(w, one)) {
            char *text = xasprintf("%s (line %u, until %s%s%s)", one->name, one->line, one->expires,
                                   one->owner != NULL ? ", owner " : "",
                                   one->owner != NULL ? one->owner : "");
            json_array_append_new(one->missed > 0 ? expired : unused,
                                  jx_string(text, strlen(text)));
            free(text);
        }
    }
    return json_pack("{s:b, s:o, s:o, s:b}", "given", w != NULL, "expired", expired,
                     "expired_unused", unused, "all_evaluated", whole);
}

static json_t *text_or_null(const char *s)
{
    return s != NULL && s[0] != '\0' ? jx_string(s, strlen(s)) : json_null();
}

json_t *waivers_report(const struct waivers *w)
{
    json_t *list = json_array();
    for (size_t i = 0; w != NULL && i < w->count; i++) {
        const struct waiver *one = &w->items[i];
        bool ends = one->ends_ms != 0;
        json_array_append_new(
            list,
            json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:s, s:o}",
                      "name", text_or_null(one->name), "line", (int)one->line, "account",
                      text_or_null(one->account), "check", text_or_null(one->check), "description",
                      text_or_null(one->description), "owner", text_or_null(one->owner),
                      "justification", text_or_null(one->justification), "ticket",
                      text_or_null(one->ticket), "approved_by", text_or_null(one->approved_by),
                      "created", text_or_null(one->created), "expires", text_or_null(one->expires),
                      "days_left", ends ? json_integer(days_left(w, one)) : json_null(), "matched",
                      (json_int_t)one->matched, "state", state_of(w, one), "problem",
                      text_or_null(one->problem)));
    }
    return list;
}
