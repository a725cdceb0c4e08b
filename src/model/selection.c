#include "model/selection.h"

#include <string.h>

#include "base/jsonx.h"
#include "model/backup_tag.h"

#define RESOURCE_TAG_PREFIX "aws:ResourceTag/"
#define NEAR_EDITS BACKUP_TAG_DISTANCE_MAX

/* '*' matches any text; unlike in str_glob(), a '?' matches itself, because values may contain
 * one. */
static bool matches(const char *pattern, const char *s)
{
    const char *star = NULL;
    const char *from = s;
    while (*s != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            from = s;
        } else if (*pattern == *s) {
            pattern++;
            s++;
        } else if (star != NULL) {
            pattern = star + 1;
            s = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

static const char *matching(const json_t *patterns, const char *arn)
{
    for (size_t i = 0; i < json_array_size(patterns); i++) {
        const char *pattern = json_string_value(json_array_get(patterns, i));
        if (pattern != NULL && matches(pattern, arn)) {
            return pattern;
        }
    }
    return NULL;
}

/* True when the pattern names a resource type, not a whole service. */
static bool selection_pattern_names_type(const char *pattern)
{
    const char *at = pattern;
    for (int colons = 0; colons < 5 && at != NULL; colons++) {
        at = strchr(at, ':');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL && *at != '\0' && *at != '*';
}

/* Their ARNs have the same form, so only the opt-in distinguishes them. */
static bool opt_in_always_counts(const char *type)
{
    return str_equal(type, "Aurora") || str_equal(type, "Neptune") || str_equal(type, "DocumentDB");
}

static const char *tag_key(const char *key)
{
    return key != NULL && str_starts(key, RESOURCE_TAG_PREFIX) ? key + strlen(RESOURCE_TAG_PREFIX)
                                                               : key;
}

static const char *tag_of(const struct selection_resource *r, const char *key)
{
    return key != NULL ? json_string_value(json_object_get(r->tags, key)) : NULL;
}

static const struct operator
{
    const char *name, *words;
    bool wildcards, negated;
}
operators[] = {{"StringEquals", "to be", false, false},
               {"StringLike", "to be like", true, false},
               {"StringNotEquals", "not to be", false, true},
               {"StringNotLike", "not to be like", true, true}};

static bool condition_met(const struct operator* op, const char *wanted, const char *has)
{
    if (has == NULL || wanted == NULL) {
        return op->negated;
    }
    bool same = op->wildcards ? matches(wanted, has) : strcmp(wanted, has) == 0;
    return same != op->negated;
}

/* The first condition that is false. */
static const json_t *unmet(const json_t *conditions, const struct selection_resource *r,
                           const struct operator** op)
{
    for (size_t o = 0; o < sizeof operators / sizeof operators[0]; o++) {
        const json_t *list = json_object_get(conditions, operators[o].name);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            const char *key = tag_key(jx_str(one, "ConditionKey"));
            if (!condition_met(&operators[o], jx_str(one, "ConditionValue"), tag_of(r, key))) {
                *op = &operators[o];
                return one;
            }
        }
    }
    return NULL;
}

static bool tag_listed(const json_t *list, const struct selection_resource *r)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *has = tag_of(r, tag_key(jx_str(one, "ConditionKey")));
        if (has != NULL && str_equal(has, jx_str(one, "ConditionValue"))) {
            return true;
        }
    }
    return false;
}

struct means { /* how the selection matches a resource, before exclusions */
    bool it;
    bool type_named; /* by a pattern with its type */
};

static struct means means(const json_t *selection, const struct selection_resource *r)
{
    const json_t *resources = json_object_get(selection, "Resources");
    const json_t *tags = json_object_get(selection, "ListOfTags");
    const char *pattern = matching(resources, r->arn);
    struct means m = {.it = pattern != NULL || tag_listed(tags, r)};
    if (json_array_size(resources) == 0 && json_array_size(tags) == 0) {
        m.it = true;
    }
    for (size_t i = 0; pattern != NULL && i < json_array_size(resources); i++) {
        const char *one = json_string_value(json_array_get(resources, i));
        m.type_named = m.type_named ||
                       (one != NULL && selection_pattern_names_type(one) && matches(one, r->arn));
    }
    return m;
}

enum selection_outcome selection_judge(const json_t *selection,
                                       const struct selection_resource *resource)
{
    const struct operator* op = NULL;
    struct means m = means(selection, resource);
    if (!m.it) {
        return SELECTION_ELSEWHERE;
    }
    if (unmet(json_object_get(selection, "Conditions"), resource, &op) != NULL) {
        return SELECTION_CONDITION;
    }
    if (matching(json_object_get(selection, "NotResources"), resource->arn) != NULL) {
        return SELECTION_EXCLUDED;
    }
    bool counts = !m.type_named || opt_in_always_counts(resource->type);
    return counts && resource->type_on == 0 ? SELECTION_OPTED_OUT : SELECTION_TAKES;
}

/* --- why not --- */

static void lower(const char *s, char *out, size_t size)
{
    size_t i = 0;
    for (; s[i] != '\0' && i + 1 < size; i++) {
        out[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
    }
    out[i] = '\0';
}

/* True when a key of the resource is so near to the required one that it is likely a typing
 * error. */
static const char *near_key(const struct selection_resource *r, const char *wanted)
{
    char a[129];
    char b[129];
    const char *key = NULL;
    json_t *value = NULL;
    lower(wanted, a, sizeof a);
    /* Short keys are near to anything. */
    unsigned limit = strlen(wanted) >= 8 ? NEAR_EDITS : 0;
    json_object_foreach((json_t *)(void *)(size_t)r->tags, key, value)
    {
        lower(key, b, sizeof b);
        if (strcmp(key, wanted) != 0 && str_distance(a, b, limit) <= limit) {
            return key;
        }
    }
    return NULL;
}

static void say(struct text *why, const char *s)
{
    text_add_printable(why, s, strlen(s) < 128 ? strlen(s) : 128);
}

static void explain_pair(const char *key, const char *value, const char *has, struct text *why)
{
    char a[257];
    char b[257];
    lower(has, a, sizeof a);
    lower(value, b, sizeof b);
    text_add(why, "tag ");
    say(why, key);
    text_add(why, " is \"");
    say(why, has);
    text_add(why,
             strcmp(a, b) == 0 ? "\", with this exact case it must be \"" : "\", it must be \"");
    say(why, value);
    text_add(why, "\"");
}

/* For the tags of a selection: a wrong value is nearer than a misspelled key. */
static enum selection_outcome explain_tags(const json_t *list, const struct selection_resource *r,
                                           struct text *why)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *key = tag_key(jx_str_or(one, "ConditionKey", ""));
        const char *has = tag_of(r, key);
        if (has != NULL) {
            explain_pair(key, jx_str_or(one, "ConditionValue", ""), has, why);
            return SELECTION_WRONG_VALUE;
        }
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *wanted = tag_key(jx_str_or(json_array_get(list, i), "ConditionKey", ""));
        const char *near = near_key(r, wanted);
        if (near != NULL) {
            text_add(why, "tag key ");
            say(why, near);
            text_add(why, " is similar to ");
            say(why, wanted);
            return SELECTION_NEAR_KEY;
        }
    }
    return SELECTION_ELSEWHERE;
}

static enum selection_outcome
explain_condition(const json_t *selection, const struct selection_resource *r, struct text *why)
{
    const struct operator* op = NULL;
    const json_t *one = unmet(json_object_get(selection, "Conditions"), r, &op);
    const char *key = tag_key(jx_str_or(one, "ConditionKey", ""));
    const char *has = tag_of(r, key);
    text_add(why, "a condition requires tag ");
    say(why, key);
    text_addf(why, " %s \"", op != NULL ? op->words : "to be");
    say(why, jx_str_or(one, "ConditionValue", ""));
    text_add(why, has != NULL ? "\", it is \"" : "\", but the tag is missing");
    if (has != NULL) {
        say(why, has);
        text_add(why, "\"");
    }
    return SELECTION_CONDITION;
}

enum selection_outcome selection_explain(const json_t *selection,
                                         const struct selection_resource *resource,
                                         struct text *why)
{
    enum selection_outcome outcome = selection_judge(selection, resource);
    switch (outcome) {
    case SELECTION_OPTED_OUT:
        text_add(why, "type ");
        say(why, resource->type != NULL ? resource->type : "of the resource");
        text_add(why, " is not opted in");
        break;
    case SELECTION_EXCLUDED:
        text_add(why, "NotResources excludes ");
        say(why, matching(json_object_get(selection, "NotResources"), resource->arn));
        break;
    case SELECTION_CONDITION:
        return explain_condition(selection, resource, why);
    case SELECTION_ELSEWHERE:
        return explain_tags(json_object_get(selection, "ListOfTags"), resource, why);
    case SELECTION_TAKES:
    case SELECTION_WRONG_VALUE:
    case SELECTION_NEAR_KEY:
        break;
    }
    return outcome;
}
