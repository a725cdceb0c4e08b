#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/mem.h"
#include "faults.h"

#define FAULTS_MAX 1000
#define HOLD_NAME_MAX 40

static const struct {
    const char *name;
    enum action action;
} actions[] = {
    {"error", ACTION_ERROR},         {"http", ACTION_HTTP},
    {"drop", ACTION_DROP},           {"delay_ms", ACTION_DELAY},
    {"truncate", ACTION_TRUNCATE},   {"oversize", ACTION_OVERSIZE},
    {"garbage", ACTION_GARBAGE},     {"set", ACTION_SET},
    {"expire", ACTION_EXPIRE},       {"skew_seconds", ACTION_SKEW},
    {"fail_operation", ACTION_FAIL}, {"fail_resources", ACTION_LEAVE_OUT},
    {"intruder", ACTION_INTRUDER},   {"disable_region", ACTION_REGION_OFF},
    {"hold", ACTION_HOLD},
};

static char *copy_string(const struct node *map, const char *name)
{
    return xstrdup(node_string(node_get(map, name)));
}

static int read_match(const struct doc *doc, const struct node *map, struct fault *f,
                      struct err *err)
{
    static const char *const known[] = {"operation", "account", "region",      "role", "nth",
                                        "first",     "last",    "probability", NULL};
    const struct node *probability = node_get(map, "probability");
    long long nth = 0;
    if (map == NULL) {
        return 0;
    }
    if (node_only(doc, map, known, err) != 0 ||
        node_opt_int(doc, map, "nth", 1, 1000000000, &nth, err) != 0 ||
        node_opt_int(doc, map, "first", 1, 1000000000, &f->first, err) != 0 ||
        node_opt_int(doc, map, "last", 1, 1000000000, &f->last, err) != 0) {
        return -1;
    }
    f->first = nth > 0 ? nth : f->first;
    f->last = nth > 0 ? nth : f->last;
    f->operation = copy_string(map, "operation");
    f->account = copy_string(map, "account");
    f->region = copy_string(map, "region");
    f->role = copy_string(map, "role");
    if (probability != NULL) {
        f->probability =
            probability->kind == NODE_INT ? (double)probability->integer : probability->real;
        if ((probability->kind != NODE_INT && probability->kind != NODE_REAL) ||
            f->probability < 0 || f->probability > 1) {
            return node_err(doc, probability, err, "expected a number from 0 to 1");
        }
    }
    return 0;
}

static int read_error(const struct doc *doc, const struct node *map, struct fault *f,
                      struct err *err)
{
    static const char *const known[] = {"code", "status", "message", "retry_after", NULL};
    const char *code = NULL, *message = "";
    long long status = 400;
    if (node_only(doc, map, known, err) != 0 ||
        node_need_string(doc, map, "code", &code, err) != 0 ||
        node_opt_string(doc, map, "message", &message, err) != 0 ||
        node_opt_int(doc, map, "status", 400, 599, &status, err) != 0 ||
        node_opt_int(doc, map, "retry_after", 0, 86400, &f->retry_after, err) != 0) {
        return -1;
    }
    f->code = xstrdup(code);
    f->text = xstrdup(message == NULL ? "" : message);
    f->status = (int)status;
    return 0;
}

static int read_http(const struct doc *doc, const struct node *map, struct fault *f,
                     struct err *err)
{
    static const char *const known[] = {"status", "body", "retry_after", NULL};
    const char *body = NULL;
    long long status = 503;
    if (node_only(doc, map, known, err) != 0 ||
        node_opt_string(doc, map, "body", &body, err) != 0 ||
        node_opt_int(doc, map, "status", 200, 599, &status, err) != 0 ||
        node_opt_int(doc, map, "retry_after", 0, 86400, &f->retry_after, err) != 0) {
        return -1;
    }
    f->status = (int)status;
    f->text = xstrdup(
        body != NULL ? body
                     : "<html><head><title>Service Unavailable</title></head><body><h1>Http/1.1 "
                       "Service Unavailable</h1></body></html>\n");
    return 0;
}

/* {message}: what the operation fails with later. */
static int read_fail(const struct doc *doc, const struct node *map, struct fault *f,
                     struct err *err)
{
    static const char *const known[] = {"message", NULL};
    const char *message = NULL;
    if (node_only(doc, map, known, err) != 0 ||
        node_need_string(doc, map, "message", &message, err) != 0) {
        return -1;
    }
    f->text = xstrdup(message);
    return 0;
}

/* {arn, message}: the Tagging API names resources whose ARN fits among its failures. */
static int read_leave_out(const struct doc *doc, const struct node *map, struct fault *f,
                          struct err *err)
{
    static const char *const known[] = {"arn", "message", NULL};
    const char *arn = NULL, *message = NULL;
    if (node_only(doc, map, known, err) != 0 || node_need_string(doc, map, "arn", &arn, err) != 0 ||
        node_need_string(doc, map, "message", &message, err) != 0) {
        return -1;
    }
    f->code = xstrdup(arn);
    f->text = xstrdup(message);
    return 0;
}

/* A change as worlds have them: {call, account, region, role, input} or {set: ...}. */
static int read_intruder(const struct doc *doc, const struct node *map, struct fault *f,
                         struct err *err)
{
    static const char *const known[] = {"call", "account", "region", "role", "input", "set", NULL};
    const struct node *call = node_get(map, "call"), *set = node_get(map, "set");
    if (map->kind != NODE_MAP || (call == NULL) == (set == NULL)) {
        return node_err(doc, map, err, "expected a call or a set, as in the changes of a world");
    }
    if (node_only(doc, map, known, err) != 0) {
        return -1;
    }
    if (call != NULL && (node_string(call) == NULL || op_parse(node_string(call)) == NULL)) {
        return node_err(doc, call, err, "expected service:Operation");
    }
    f->set = node_to_json(map);
    return 0;
}

/* {region, account}: without an account everywhere. */
static int read_region(const struct doc *doc, const struct node *map, struct fault *f,
                       struct err *err)
{
    static const char *const known[] = {"region", "account", NULL};
    const char *region = NULL, *account = NULL;
    if (node_only(doc, map, known, err) != 0 ||
        node_need_string(doc, map, "region", &region, err) != 0 ||
        node_opt_string(doc, map, "account", &account, err) != 0) {
        return -1;
    }
    f->code = xstrdup(region);
    f->text = account != NULL ? xstrdup(account) : NULL;
    return 0;
}

/* The name under which the answers are released. */
static int read_hold(const struct doc *doc, const struct node *value, struct fault *f,
                     struct err *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *name = value->kind == NODE_STRING ? node_string(value) : NULL;
    size_t length = name != NULL ? strlen(name) : 0;
    if (length == 0 || length > HOLD_NAME_MAX || strspn(name, letters) != length) {
        return node_err(doc, value, err,
                        "expected a name of at most %d lower-case letters, digits and '-'",
                        HOLD_NAME_MAX);
    }
    f->hold = xcalloc(1, sizeof *f->hold);
    f->hold->name = xstrdup(name);
    return 0;
}

static int read_number(const struct doc *doc, const struct node *map, const char *name,
                       long long low, long long high, struct fault *f, struct err *err)
{
    return node_opt_int(doc, map, name, low, high, &f->number, err);
}

static int read_action(const struct doc *doc, const struct node *row, struct fault *f,
                       struct err *err)
{
    const struct node *value = NULL;
    const char *name = NULL, *text = NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        const struct node *found = node_get(row, actions[i].name);
        if (found != NULL && value != NULL) {
            return node_err(doc, found, err, "a fault has one effect; this one already has '%s'",
                            name);
        }
        if (found != NULL) {
            value = found;
            name = actions[i].name;
            f->action = actions[i].action;
        }
    }
    if (value == NULL) {
        return node_err(doc, row, err,
                        "the effect is missing; expected error, http, drop, delay_ms, truncate, "
                        "oversize, garbage, set, expire, skew_seconds, fail_operation, "
                        "fail_resources, intruder, disable_region or hold");
    }
    text = node_string(value);
    switch (f->action) {
    case ACTION_ERROR:
        return read_error(doc, value, f, err);
    case ACTION_HTTP:
        return read_http(doc, value, f, err);
    case ACTION_DROP:
        f->after = str_equal(text, "after");
        return f->after || str_equal(text, "before")
                   ? 0
                   : node_err(doc, value, err, "expected before or after");
    case ACTION_DELAY:
        return read_number(doc, row, name, 0, 600000, f, err);
    case ACTION_TRUNCATE:
        return read_number(doc, row, name, 0, (long long)SIM_ANSWER_MAX, f, err);
    case ACTION_OVERSIZE:
        return read_number(doc, row, name, 1, (long long)SIM_ANSWER_MAX - 1, f, err);
    case ACTION_SKEW:
        return read_number(doc, row, name, -864000, 864000, f, err);
    case ACTION_GARBAGE:
        f->text = xstrdup(text != NULL ? text : "");
        return text != NULL ? 0 : node_err(doc, value, err, "expected the text of the body");
    case ACTION_SET:
        f->set = node_to_json(value);
        return value->kind == NODE_MAP
                   ? 0
                   : node_err(doc, value, err, "expected a map of paths and values");
    case ACTION_EXPIRE:
        return value->kind == NODE_BOOL && value->boolean
                   ? 0
                   : node_err(doc, value, err, "expected true");
    case ACTION_FAIL:
        return read_fail(doc, value, f, err);
    case ACTION_LEAVE_OUT:
        return read_leave_out(doc, value, f, err);
    case ACTION_INTRUDER:
        return read_intruder(doc, value, f, err);
    case ACTION_REGION_OFF:
        return read_region(doc, value, f, err);
    case ACTION_HOLD:
        return read_hold(doc, value, f, err);
    }
    return 0;
}

static int read_fault(const struct doc *doc, const struct node *row, struct fault *f,
                      struct err *err)
{
    static const char *const known[] = {"match",
                                        "error",
                                        "http",
                                        "drop",
                                        "delay_ms",
                                        "truncate",
                                        "oversize",
                                        "garbage",
                                        "set",
                                        "expire",
                                        "skew_seconds",
                                        "fail_operation",
                                        "fail_resources",
                                        "intruder",
                                        "disable_region",
                                        "hold",
                                        NULL};
    *f = (struct fault){.first = 1, .probability = 1.0, .retry_after = -1};
    if (row->kind != NODE_MAP) {
        return node_err(doc, row, err, "expected a fault: a map");
    }
    if (node_only(doc, row, known, err) != 0 ||
        read_match(doc, node_get(row, "match"), f, err) != 0) {
        return -1;
    }
    return read_action(doc, row, f, err);
}

/* Two faults of one name could not be released apart. */
static int check_names(const struct doc *doc, const struct node *list, const struct faults *f,
                       size_t last, struct err *err)
{
    const struct hold *hold = f->rows[last].hold;
    for (size_t i = 0; hold != NULL && i < last; i++) {
        if (f->rows[i].hold != NULL && str_equal(f->rows[i].hold->name, hold->name)) {
            return node_err(doc, node_get(list->children[last], "hold"), err,
                            "another fault already has the name '%s'", hold->name);
        }
    }
    return 0;
}

/* {seconds: [0, 30], seed}: how far behind reads may be. */
static int read_late(const struct doc *doc, const struct node *map, struct faults *f,
                     struct err *err)
{
    static const char *const known[] = {"seconds", "seed", NULL};
    const struct node *seconds = node_get(map, "seconds");
    f->late = true;
    f->late_seed = 1;
    if (node_only(doc, map, known, err) != 0 ||
        node_opt_int(doc, map, "seed", 0, INT64_MAX, &f->late_seed, err) != 0) {
        return -1;
    }
    if (seconds != NULL && seconds->kind == NODE_LIST && seconds->count == 2 &&
        seconds->children[0]->kind == NODE_INT && seconds->children[1]->kind == NODE_INT) {
        f->late_low = seconds->children[0]->integer;
        f->late_high = seconds->children[1]->integer;
        if (f->late_low >= 0 && f->late_low <= f->late_high && f->late_high <= 3600) {
            return 0;
        }
    }
    return node_err(doc, seconds != NULL ? seconds : map, err,
                    "expected seconds: [FROM, TO], from 0 to 3600");
}

int faults_load(const char *path, struct faults **out, struct err *err)
{
    static const char *const known[] = {"seed", "faults", "consistency", NULL};
    struct doc *doc = NULL;
    struct faults *f = NULL;
    long long seed = 1;
    int rc = -1;
    if (doc_load_file(path, &doc, err) != 0) {
        return -1;
    }
    const struct node *root = doc_root(doc);
    const struct node *list = node_get(root, "faults");
    const struct node *late = node_get(root, "consistency");
    if ((list == NULL && late == NULL) ||
        (list != NULL && (list->kind != NODE_LIST || list->count > FAULTS_MAX))) {
        err_set(err, ERR_INPUT, "%s: expected a map with `faults`, a list of at most %d", path,
                FAULTS_MAX);
        goto out;
    }
    if (node_only(doc, root, known, err) != 0 ||
        node_opt_int(doc, root, "seed", 0, INT64_MAX, &seed, err) != 0) {
        goto out;
    }
    f = xcalloc(1, sizeof *f);
    f->seed = (uint64_t)seed;
    if (late != NULL && read_late(doc, late, f, err) != 0) {
        goto out;
    }
    size_t count = list != NULL ? list->count : 0;
    f->rows = xcalloc(count + 1, sizeof *f->rows);
    for (size_t i = 0; i < count; i++) {
        f->count = i + 1;
        if (read_fault(doc, list->children[i], &f->rows[i], err) != 0 ||
            check_names(doc, list, f, i, err) != 0) {
            goto out;
        }
    }
    *out = f;
    f = NULL;
    rc = 0;
out:
    faults_free(f);
    doc_free(doc);
    return rc;
}
