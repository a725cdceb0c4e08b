#include "access.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/arn.h"
#include "statement.h"

#define VALUES_MAX 4

static enum holds at_most(enum holds a, enum holds b)
{
    return a < b ? a : b;
}

static enum holds at_least(enum holds a, enum holds b)
{
    return a > b ? a : b;
}

static enum holds inverted(enum holds h)
{
    return h == HOLDS_YES ? HOLDS_NO : h == HOLDS_NO ? HOLDS_YES : HOLDS_PERHAPS;
}

/* --- keys of a call --- */

struct call {
    const struct policy_frame *frame;
    const struct caller *caller;
    const char *action; /* may be NULL */
};

/* The possible values of a key. No value and `unknown` false: the call does not have the key. */
struct values {
    const char *items[VALUES_MAX];
    size_t count;
    bool unknown;
    bool many;    /* the key may have several values: only set operators compare it */
    char *own[2]; /* behind `items` where they are made up */
};

enum source {
    OF_ORGANIZATION,
    OF_PATH,
    OF_ACCOUNT,
    OF_ARN,
    OF_TYPE,
    OF_BEING_SERVICE,
    OF_SERVICE,
    OF_USER_NAME,
    OF_TRANSPORT,
    OF_RESOURCE_ACCOUNT,
    OF_RESOURCE_ORGANIZATION,
    OF_REGION,
    OF_GRANT,
    OF_NETWORK,
    OF_COPY_TARGETS,
    OF_COPY_PATHS,
    OF_SOURCE_ACCOUNT,
    OF_SOURCE_ARN,
    OF_SOURCE_ORGANIZATION,
    OF_SOURCE_PATH,
};

static const struct {
    const char *key;
    enum source source;
} key_sources[] = {
    {"aws:principalorgid", OF_ORGANIZATION},
    {"aws:principalorgpaths", OF_PATH},
    {"aws:principalaccount", OF_ACCOUNT},
    {"kms:calleraccount", OF_ACCOUNT},
    {"aws:principalarn", OF_ARN},
    {"aws:principaltype", OF_TYPE},
    {"aws:principalisawsservice", OF_BEING_SERVICE},
    {"aws:principalservicename", OF_SERVICE},
    {"aws:principalservicenameslist", OF_SERVICE},
    {"aws:username", OF_USER_NAME},
    {"aws:securetransport", OF_TRANSPORT},
    {"aws:resourceaccount", OF_RESOURCE_ACCOUNT},
    {"aws:resourceorgid", OF_RESOURCE_ORGANIZATION},
    {"aws:requestedregion", OF_REGION},
    {"kms:grantisforawsresource", OF_GRANT},
    {"aws:sourcevpc", OF_NETWORK},
    {"aws:sourcevpce", OF_NETWORK},
    {"aws:userid", OF_NETWORK},
    {"backup:copytargets", OF_COPY_TARGETS},
    {"backup:copytargetorgpaths", OF_COPY_PATHS},
    {"aws:sourceaccount", OF_SOURCE_ACCOUNT},
    {"aws:sourceowner", OF_SOURCE_ACCOUNT},
    {"aws:sourcearn", OF_SOURCE_ARN},
    {"aws:sourceorgid", OF_SOURCE_ORGANIZATION},
    {"aws:sourceorgpaths", OF_SOURCE_PATH},
};

static void add(struct values *v, const char *value)
{
    if (value != NULL && v->count < VALUES_MAX) {
        v->items[v->count++] = value;
    }
}

static void add_own(struct values *v, char *take_value)
{
    size_t slot = v->own[0] == NULL ? 0 : 1;
    v->own[slot] = take_value;
    add(v, take_value);
}

static void add_resource_part(struct values *v, const struct call *c, bool region)
{
    struct arn arn;
    v->unknown = c->frame->resource == NULL || !arn_parse(c->frame->resource, &arn);
    if (!v->unknown) {
        struct arn_part part = region ? arn.region : arn.account;
        add_own(v, xstrndup(part.data, part.length));
    }
}

static bool about_grants(const struct call *c)
{
    return c->action != NULL && strstr(c->action, "grant") != NULL;
}

/* A service tells on whose behalf it calls. A bucket's ARN names no account. */
static void add_source_arns(struct values *v, const struct call *c)
{
    add_own(v, xasprintf("arn:%s:*:*:%s:*", c->frame->partition, c->caller->account));
    add_own(v, xasprintf("arn:%s:s3:::%s-*", c->frame->partition, c->caller->account));
}

/* The path of the central backup account, or what is known of it. */
static void add_copy_targets(struct values *v, const struct call *c, bool paths)
{
    const struct policy_frame *f = c->frame;
    v->many = true;
    v->unknown = f->central_account == NULL;
    if (!v->unknown && paths) {
        add_own(v, xasprintf("%s/r-*", f->organization_id));
    } else if (!v->unknown) {
        add_own(v,
                xasprintf("arn:%s:backup:*:%s:backup-vault:*", f->partition, f->central_account));
    }
}

static void values_of_caller(struct values *v, const struct call *c, enum source source)
{
    const struct caller *caller = c->caller;
    bool service = caller->service != NULL;
    switch (source) {
    case OF_ORGANIZATION:
        add(v, service ? NULL : caller->organization_id);
        return;
    case OF_PATH:
        v->many = true;
        add(v, service ? NULL : caller->path);
        return;
    case OF_ACCOUNT:
        add(v, service ? NULL : caller->account);
        return;
    case OF_ARN:
        for (size_t i = 0; !service && caller->arns[i] != NULL; i++) {
            add(v, caller->arns[i]);
        }
        return;
    case OF_TYPE:
        add(v, caller->backup_role ? "AssumedRole" : NULL);
        v->unknown = !caller->backup_role;
        return;
    case OF_BEING_SERVICE:
        add(v, service ? "true" : "false");
        return;
    case OF_SERVICE:
        add(v, caller->service);
        return;
    case OF_USER_NAME:
        v->unknown = !caller->backup_role && !service;
        return;
    case OF_TRANSPORT:
        add(v, "true");
        return;
    case OF_NETWORK:
        /* A stranger is neither in a network of ours nor one of our users. */
        add(v, caller->backup_role ? NULL : "stranger");
        v->unknown = caller->backup_role;
        return;
    case OF_SOURCE_ACCOUNT:
        add(v, service ? caller->account : NULL);
        return;
    case OF_SOURCE_ORGANIZATION:
        add(v, service ? caller->organization_id : NULL);
        return;
    case OF_SOURCE_PATH:
        v->many = true;
        add(v, service ? caller->path : NULL);
        return;
    case OF_SOURCE_ARN:
        if (service) {
            add_source_arns(v, c);
        }
        return;
    default:
        v->unknown = true;
    }
}

static struct values values_of(const struct call *c, const char *key)
{
    struct values v = {.count = 0};
    if (str_starts(key, "kms:encryptioncontext:") && c->caller->service != NULL) {
        add_source_arns(&v, c);
        return v;
    }
    size_t i = 0;
    while (i < sizeof key_sources / sizeof *key_sources && !str_equal(key_sources[i].key, key)) {
        i++;
    }
    if (i == sizeof key_sources / sizeof *key_sources) {
        v.unknown = true;
        return v;
    }
    switch (key_sources[i].source) {
    case OF_RESOURCE_ACCOUNT:
        add_resource_part(&v, c, false);
        break;
    case OF_RESOURCE_ORGANIZATION:
        add(&v, c->frame->organization_id);
        break;
    case OF_REGION:
        add_resource_part(&v, c, true);
        break;
    case OF_GRANT: /* AWS Backup has grants created for itself */
        v.unknown = !c->caller->backup_role;
        add(&v, c->caller->backup_role && about_grants(c) ? "true" : NULL);
        break;
    case OF_COPY_TARGETS:
    case OF_COPY_PATHS:
        add_copy_targets(&v, c, key_sources[i].source == OF_COPY_PATHS);
        break;
    default:
        values_of_caller(&v, c, key_sources[i].source);
    }
    return v;
}

static void values_release(struct values *v)
{
    free(v->own[0]);
    free(v->own[1]);
}

/* --- variables in policies --- */

/* Adds the value of the variable at `at` ("${aws:PrincipalOrgID}..."); its length, 0: it is not one
   whose value is known. */
static size_t add_variable(const struct call *c, const char *at, struct text *out)
{
    size_t length = strcspn(at, "}");
    char *key = xstrndup(at + 2, length > 2 ? length - 2 : 0);
    char *folded = word_lower(key);
    struct values v = values_of(c, folded);
    bool known = at[length] == '}' && v.count == 1 && strchr(v.items[0], '*') == NULL;
    if (known) {
        text_add(out, v.items[0]);
    }
    values_release(&v);
    free(folded);
    free(key);
    return known ? length + 1 : 0;
}

/* The pattern with its variables filled in; NULL when one has no known value. New. */
static char *filled(const struct call *c, const char *pattern)
{
    struct text out;
    text_init(&out, 64 * 1024);
    bool known = true;
    while (known && *pattern != '\0') {
        if (!str_starts(pattern, "${")) {
            text_addc(&out, *pattern++);
            continue;
        }
        size_t taken = add_variable(c, pattern, &out);
        known = taken > 0;
        pattern += taken;
    }
    char *text = known && !text_failed(&out) ? xstrdup(text_str(&out)) : NULL;
    text_release(&out);
    return text;
}

/* --- operators --- */

static enum holds equals(const char *wanted, const char *value)
{
    if (str_equal(wanted, value)) {
        return HOLDS_YES;
    }
    return strchr(value, '*') != NULL && str_glob(value, wanted) ? HOLDS_PERHAPS : HOLDS_NO;
}

static enum holds equals_in_any_case(const char *wanted, const char *value)
{
    char *a = word_lower(wanted);
    char *b = word_lower(value);
    enum holds h = equals(a, b);
    free(a);
    free(b);
    return h;
}

static const struct {
    const char *name;
    bool negated;
    enum holds (*compare)(const char *pattern, const char *value); /* NULL: not evaluated */
} operators[] = {
    {"stringequals", false, equals},
    {"stringnotequals", true, equals},
    {"stringequalsignorecase", false, equals_in_any_case},
    {"stringnotequalsignorecase", true, equals_in_any_case},
    {"stringlike", false, pattern_matches},
    {"stringnotlike", true, pattern_matches},
    {"arnequals", false, pattern_matches},
    {"arnlike", false, pattern_matches},
    {"arnnotequals", true, pattern_matches},
    {"arnnotlike", true, pattern_matches},
    {"bool", false, equals_in_any_case},
    {"numericnotequals", true, NULL},
    {"datenotequals", true, NULL},
    {"notipaddress", true, NULL},
    {"", false, NULL}, /* others are true only for values they compare with */
};

struct operation {
    const char *name; /* "foranyvalue:stringlikeifexists" */
    size_t row;
    bool any, every, if_exists, null;
};

static struct operation operation_of(const char *name)
{
    static const char any[] = "foranyvalue:", every[] = "forallvalues:", exists[] = "ifexists";
    struct operation o = {.name = name};
    o.any = str_starts(name, any);
    o.every = str_starts(name, every);
    const char *at = name + (o.any ? sizeof any - 1 : o.every ? sizeof every - 1 : 0);
    o.if_exists = str_ends(at, exists);
    size_t length = strlen(at) - (o.if_exists ? sizeof exists - 1 : 0);
    while (o.row + 1 < sizeof operators / sizeof *operators &&
           (strlen(operators[o.row].name) != length ||
            strncmp(operators[o.row].name, at, length) != 0)) {
        o.row++;
    }
    o.null = length == 4 && strncmp(at, "null", 4) == 0;
    return o;
}

static enum holds any_matches(const struct call *c, const json_t *wanted, const struct values *v,
                              enum holds (*compare)(const char *, const char *))
{
    enum holds best = HOLDS_NO;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        char *pattern = filled(c, json_string_value(json_array_get(wanted, i)));
        for (size_t k = 0; k < v->count; k++) {
            best = at_least(best, pattern != NULL ? compare(pattern, v->items[k]) : HOLDS_PERHAPS);
        }
        free(pattern);
    }
    return best;
}

static enum holds key_holds(const struct call *c, const struct operation *o, const char *key,
                            const json_t *wanted)
{
    struct values v = values_of(c, key);
    bool absent = v.count == 0 && !v.unknown;
    enum holds h = HOLDS_PERHAPS;
    if (c->caller->through_services && str_equal(key, "kms:viaservice")) {
        h = operators[o->row].negated || o->null ? HOLDS_PERHAPS : HOLDS_YES;
    } else if (o->null) {
        bool wants_absent = jx_list_has(wanted, "true");
        h = v.unknown ? HOLDS_PERHAPS : absent == wants_absent ? HOLDS_YES : HOLDS_NO;
    } else if (absent) {
        h = o->every || o->if_exists || (operators[o->row].negated && !o->any) ? HOLDS_YES
                                                                               : HOLDS_NO;
    } else if (!v.unknown && operators[o->row].compare != NULL) {
        h = any_matches(c, wanted, &v, operators[o->row].compare);
        h = operators[o->row].negated ? inverted(h) : h;
        /* AWS does not define what a plain operator makes of a key with several values. */
        h = v.many && !o->any && !o->every ? at_most(h, HOLDS_PERHAPS) : h;
    }
    values_release(&v);
    return h;
}

static enum holds conditions_hold(const struct call *c, const json_t *statement)
{
    json_t *conditions = json_object_get(statement, "Condition");
    const char *name = NULL;
    json_t *keys = NULL;
    enum holds all = HOLDS_YES;
    json_object_foreach(conditions, name, keys)
    {
        struct operation o = operation_of(name);
        const char *key = NULL;
        json_t *wanted = NULL;
        json_object_foreach(keys, key, wanted)
        {
            all = at_most(all, key_holds(c, &o, key, wanted));
        }
    }
    return all;
}

/* --- principals and resources --- */

static enum holds session_fits(const char *word, const struct caller *caller)
{
    const char *role = strstr(word, ":assumed-role/");
    size_t skip = strlen(":assumed-role/");
    for (size_t i = 0; role != NULL && caller->arns[i] != NULL; i++) {
        const char *name = strrchr(caller->arns[i], '/');
        size_t length = name != NULL ? strlen(name + 1) : 0;
        if (name != NULL && strncmp(role + skip, name + 1, length) == 0 &&
            role[skip + length] == '/' && strstr(word, caller->account) != NULL) {
            return HOLDS_PERHAPS;
        }
    }
    return HOLDS_NO;
}

static enum holds principal_fits(const char *word, const struct caller *caller)
{
    if (str_equal(word, "AWS:*")) {
        return HOLDS_YES;
    }
    if (str_starts(word, "Service:")) {
        return str_equal(word + strlen("Service:"), caller->service) ? HOLDS_YES : HOLDS_NO;
    }
    if (!str_starts(word, "AWS:") || caller->service != NULL) {
        return HOLDS_NO;
    }
    word += strlen("AWS:");
    enum holds best = equals(word, caller->account);
    for (size_t i = 0; caller->arns[i] != NULL && str_starts(word, "arn:"); i++) {
        best = at_least(best, pattern_matches(word, caller->arns[i]));
    }
    return at_least(best, session_fits(word, caller));
}

static enum holds principals_fit(const json_t *list, const struct caller *caller)
{
    enum holds best = HOLDS_NO;
    for (size_t i = 0; i < json_array_size(list); i++) {
        best = at_least(best, principal_fits(json_string_value(json_array_get(list, i)), caller));
    }
    return best;
}

/* An exception spares a role only when it names both the role and its account. */
static enum holds callers_fit(const json_t *statement, const struct caller *caller)
{
    const json_t *excepted = json_object_get(statement, "NotPrincipal");
    const json_t *named = json_object_get(statement, "Principal");
    if (excepted == NULL) {
        return named != NULL ? principals_fit(named, caller) : HOLDS_YES;
    }
    bool everyone = jx_list_has(excepted, "AWS:*");
    bool account = false, arn = false;
    for (size_t i = 0; i < json_array_size(excepted); i++) {
        const char *word = json_string_value(json_array_get(excepted, i));
        bool fits = principal_fits(word, caller) != HOLDS_NO;
        account = account || (fits && strstr(word, "arn:") == NULL);
        arn = arn || (fits && strstr(word, "arn:") != NULL);
    }
    return everyone || (account && arn) ? HOLDS_NO : arn ? HOLDS_PERHAPS : HOLDS_YES;
}

static enum holds any_resource(const struct call *c, const json_t *list)
{
    enum holds best = HOLDS_NO;
    const char *resource = c->frame->resource;
    for (size_t i = 0; i < json_array_size(list); i++) {
        char *pattern = filled(c, json_string_value(json_array_get(list, i)));
        bool all = pattern != NULL && pattern[0] != '\0' && pattern[strspn(pattern, "*")] == '\0';
        best = at_least(best, all ? HOLDS_YES
                              : pattern == NULL || resource == NULL
                                  ? HOLDS_PERHAPS
                                  : pattern_matches(pattern, resource));
        free(pattern);
    }
    return best;
}

static enum holds resources_fit(const struct call *c, const json_t *statement)
{
    const json_t *resources = json_object_get(statement, "Resource");
    const json_t *others = json_object_get(statement, "NotResource");
    return resources != NULL ? any_resource(c, resources)
           : others != NULL  ? inverted(any_resource(c, others))
                             : HOLDS_YES;
}

enum holds statement_applies(const json_t *statement, const struct policy_frame *frame,
                             const struct caller *caller, const char *action)
{
    struct call c = {frame, caller, action};
    if (action != NULL && !statement_covers_action(statement, action)) {
        return HOLDS_NO;
    }
    enum holds who = callers_fit(statement, caller);
    enum holds what = who != HOLDS_NO ? resources_fit(&c, statement) : HOLDS_NO;
    return what != HOLDS_NO ? at_most(at_most(who, what), conditions_hold(&c, statement))
                            : HOLDS_NO;
}
