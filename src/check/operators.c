#include "operators.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

/* Bounds for one match: a hostile value or an expensive pattern costs milliseconds and does not
 * block the run. */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT_KB 8192
#define PATTERN_BYTES_MAX 4096
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    char *text;
};

struct pattern *pattern_new(const char *text, size_t *offset, char *problem, size_t size)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    if (strlen(text) > PATTERN_BYTES_MAX) {
        (void)snprintf(problem, size, "longer than %d bytes", PATTERN_BYTES_MAX);
        *offset = PATTERN_BYTES_MAX;
        return NULL;
    }
    /* DOLLAR_ENDONLY: a value with a final newline must not match like one without. */
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    if (compiled == NULL) {
        PCRE2_UCHAR message[160];
        (void)pcre2_get_error_message(code, message, sizeof message);
        (void)snprintf(problem, size, "%s", (const char *)message);
        *offset = at;
        return NULL;
    }
    struct pattern *p = xcalloc(1, sizeof *p);
    p->code = compiled;
    p->text = xstrdup(text);
    p->match = pcre2_match_data_create(1, NULL);
    p->limits = pcre2_match_context_create(NULL);
    (void)pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KB);
    return p;
}

void pattern_free(struct pattern *p)
{
    if (p == NULL) {
        return;
    }
    pcre2_code_free(p->code);
    pcre2_match_data_free(p->match);
    pcre2_match_context_free(p->limits);
    free(p->text);
    free(p);
}

int pattern_search(const struct pattern *p, const char *text, size_t length)
{
    int rc = pcre2_match(p->code, (PCRE2_SPTR)text, length, 0, 0, p->match, p->limits);
    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

/* 1: match, 0: no match, -1: a limit was reached. */
static int pattern_match(const struct pattern *p, const json_t *field, struct view *v)
{
    size_t length = json_string_length(field);
    int found = pattern_search(p, json_string_value(field), length);
    if (found >= 0) {
        return found;
    }
    (void)snprintf(v->problem, sizeof v->problem,
                   "the pattern %.80s exceeded the matching limit on a value of %zu bytes", p->text,
                   length);
    return -1;
}

static bool value_equal(const json_t *a, const json_t *b)
{
    if (json_is_string(a) && json_is_string(b)) {
        return json_string_length(a) == json_string_length(b) &&
               strcmp(json_string_value(a), json_string_value(b)) == 0;
    }
    if (json_is_number(a) && json_is_number(b) && json_typeof(a) != json_typeof(b)) {
        double difference = json_number_value(a) - json_number_value(b);
        return !(difference < 0) && !(difference > 0);
    }
    return json_equal(a, b) != 0;
}

/* True when `item` is among the elements of a list, the names of an object, or the parts of a
 * string. */
static bool holds_item(const json_t *container, const json_t *item)
{
    if (json_is_array(container)) {
        for (size_t i = 0; i < json_array_size(container); i++) {
            if (value_equal(json_array_get(container, i), item)) {
                return true;
            }
        }
        return false;
    }
    const char *word = json_string_value(item);
    if (word == NULL) {
        return false;
    }
    if (json_is_object(container)) {
        return json_object_get(container, word) != NULL;
    }
    return json_is_string(container) && strstr(json_string_value(container), word) != NULL;
}

/* For in and not_in, and subset_of: text is not a collection there. */
static bool is_collection(const json_t *value)
{
    return json_is_array(value) || json_is_object(value);
}

static bool test_equals(const json_t *field, const json_t *value, const struct pattern *pattern,
                        struct view *v)
{
    (void)pattern;
    (void)v;
    return value_equal(field, value);
}

static bool test_not_equals(const json_t *field, const json_t *value, const struct pattern *pattern,
                            struct view *v)
{
    return !test_equals(field, value, pattern, v);
}

static bool test_in(const json_t *field, const json_t *value, const struct pattern *pattern,
                    struct view *v)
{
    (void)pattern;
    (void)v;
    return is_collection(value) && holds_item(value, field);
}

static bool test_not_in(const json_t *field, const json_t *value, const struct pattern *pattern,
                        struct view *v)
{
    return !test_in(field, value, pattern, v);
}

static bool test_present(const json_t *field, const json_t *value, const struct pattern *pattern,
                         struct view *v)
{
    (void)pattern;
    (void)v;
    return (field != NULL) == json_is_true(value);
}

static bool is_empty(const json_t *field)
{
    if (json_is_array(field)) {
        return json_array_size(field) == 0;
    }
    if (json_is_object(field)) {
        return json_object_size(field) == 0;
    }
    return field == NULL || (json_is_string(field) && json_string_length(field) == 0);
}

static bool test_empty(const json_t *field, const json_t *value, const struct pattern *pattern,
                       struct view *v)
{
    (void)pattern;
    (void)v;
    return is_empty(field) == json_is_true(value);
}

static bool test_matches(const json_t *field, const json_t *value, const struct pattern *pattern,
                         struct view *v)
{
    (void)value;
    return json_is_string(field) && pattern_match(pattern, field, v) == 1;
}

static bool test_not_matches(const json_t *field, const json_t *value,
                             const struct pattern *pattern, struct view *v)
{
    (void)value;
    return json_is_string(field) && pattern_match(pattern, field, v) == 0;
}

/* -1, 0, 1; 2 when the two cannot be compared. */
static int compare_numbers(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a);
        json_int_t y = json_integer_value(b);
        return x < y ? -1 : x > y ? 1 : 0;
    }
    if (!json_is_number(a) || !json_is_number(b)) {
        return 2;
    }
    double x = json_number_value(a);
    double y = json_number_value(b);
    return x < y ? -1 : x > y ? 1 : 0;
}

static bool test_less_than(const json_t *field, const json_t *value, const struct pattern *pattern,
                           struct view *v)
{
    (void)pattern;
    (void)v;
    return compare_numbers(field, value) == -1;
}

static bool test_at_most(const json_t *field, const json_t *value, const struct pattern *pattern,
                         struct view *v)
{
    (void)pattern;
    (void)v;
    return compare_numbers(field, value) <= 0;
}

static bool test_more_than(const json_t *field, const json_t *value, const struct pattern *pattern,
                           struct view *v)
{
    (void)pattern;
    (void)v;
    return compare_numbers(field, value) == 1;
}

static bool test_at_least(const json_t *field, const json_t *value, const struct pattern *pattern,
                          struct view *v)
{
    int order = compare_numbers(field, value);
    (void)pattern;
    (void)v;
    return order == 0 || order == 1;
}

static bool test_contains(const json_t *field, const json_t *value, const struct pattern *pattern,
                          struct view *v)
{
    (void)pattern;
    (void)v;
    return holds_item(field, value);
}

/* How many of `items` the container holds; -1 when either is not a collection. */
static int count_held(const json_t *container, const json_t *items)
{
    if (!is_collection(container) || !json_is_array(items)) {
        return -1;
    }
    int held = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        held += holds_item(container, json_array_get(items, i)) ? 1 : 0;
    }
    return held;
}

static bool test_contains_all(const json_t *field, const json_t *value,
                              const struct pattern *pattern, struct view *v)
{
    (void)pattern;
    (void)v;
    return count_held(field, value) == (int)json_array_size(value) && json_is_array(value);
}

static bool test_contains_any(const json_t *field, const json_t *value,
                              const struct pattern *pattern, struct view *v)
{
    (void)pattern;
    (void)v;
    return count_held(field, value) > 0;
}

static bool test_contains_none(const json_t *field, const json_t *value,
                               const struct pattern *pattern, struct view *v)
{
    (void)pattern;
    (void)v;
    return count_held(field, value) == 0;
}

static bool test_subset_of(const json_t *field, const json_t *value, const struct pattern *pattern,
                           struct view *v)
{
    (void)pattern;
    (void)v;
    return json_is_array(field) && count_held(value, field) == (int)json_array_size(field);
}

/* -1, 0, 1: the number of elements against the value; 2 when it has no elements to count. */
static int compare_count(const json_t *field, const json_t *value)
{
    if (!is_collection(field) || !json_is_number(value)) {
        return 2;
    }
    size_t count = json_is_array(field) ? json_array_size(field) : json_object_size(field);
    double wanted = json_number_value(value);
    return (double)count < wanted ? -1 : (double)count > wanted ? 1 : 0;
}

static bool test_count_equals(const json_t *field, const json_t *value,
                              const struct pattern *pattern, struct view *v)
{
    (void)pattern;
    (void)v;
    return compare_count(field, value) == 0;
}

static bool test_count_at_least(const json_t *field, const json_t *value,
                                const struct pattern *pattern, struct view *v)
{
    int order = compare_count(field, value);
    (void)pattern;
    (void)v;
    return order == 0 || order == 1;
}

static bool test_count_at_most(const json_t *field, const json_t *value,
                               const struct pattern *pattern, struct view *v)
{
    (void)pattern;
    (void)v;
    return compare_count(field, value) <= 0;
}

/* A time as AWS sends it: ISO 8601 text or seconds since 1970. */
static bool time_of(const json_t *field, int64_t *ms)
{
    if (json_is_string(field)) {
        return time_parse_iso(json_string_value(field), ms);
    }
    double seconds = json_number_value(field);
    if (!json_is_number(field) || !(seconds > -1e14 && seconds < 1e14)) {
        return false;
    }
    *ms = (int64_t)(seconds * 1000.0);
    return true;
}

/* Age minus the value's days, in milliseconds; false when it is unknown. */
static bool age_beyond(const json_t *field, const json_t *value, struct view *v, double *ms)
{
    int64_t then;
    if (!time_of(field, &then) || !json_is_number(value)) {
        return false;
    }
    if (!v->now_known) {
        (void)snprintf(v->problem, sizeof v->problem, "ages are unknown: the run has no end time");
        return false;
    }
    *ms = (double)(v->now_ms - then) - json_number_value(value) * (double)DAY_MS;
    return true;
}

static bool test_older_than_days(const json_t *field, const json_t *value,
                                 const struct pattern *pattern, struct view *v)
{
    double beyond;
    (void)pattern;
    return age_beyond(field, value, v, &beyond) && beyond > 0;
}

static bool test_newer_than_days(const json_t *field, const json_t *value,
                                 const struct pattern *pattern, struct view *v)
{
    double beyond;
    (void)pattern;
    return age_beyond(field, value, v, &beyond) && beyond < 0;
}

const struct operator_row operator_rows[] = {
    [OPERATOR_EQUALS] = {"equals", OPERAND_ANY, false, false, test_equals},
    {"not_equals", OPERAND_ANY, false, true, test_not_equals},
    [OPERATOR_IN] = {"in", OPERAND_LIST, false, false, test_in},
    [OPERATOR_NOT_IN] = {"not_in", OPERAND_LIST, false, true, test_not_in},
    {"present", OPERAND_BOOL, true, false, test_present},
    {"empty", OPERAND_BOOL, true, false, test_empty},
    {"matches", OPERAND_PATTERN, false, false, test_matches},
    {"not_matches", OPERAND_PATTERN, false, false, test_not_matches},
    {"less_than", OPERAND_NUMBER, false, false, test_less_than},
    {"at_most", OPERAND_NUMBER, false, false, test_at_most},
    {"more_than", OPERAND_NUMBER, false, false, test_more_than},
    {"at_least", OPERAND_NUMBER, false, false, test_at_least},
    {"contains", OPERAND_ANY, false, false, test_contains},
    {"contains_all", OPERAND_LIST, false, false, test_contains_all},
    {"contains_any", OPERAND_LIST, false, false, test_contains_any},
    {"contains_none", OPERAND_LIST, false, false, test_contains_none},
    {"subset_of", OPERAND_LIST, false, false, test_subset_of},
    {"count_equals", OPERAND_COUNT, false, false, test_count_equals},
    {"count_at_least", OPERAND_COUNT, false, false, test_count_at_least},
    {"count_at_most", OPERAND_COUNT, false, false, test_count_at_most},
    {"older_than_days", OPERAND_NUMBER, false, false, test_older_than_days},
    {"newer_than_days", OPERAND_NUMBER, false, false, test_newer_than_days},
    {NULL, OPERAND_ANY, false, false, NULL},
};
