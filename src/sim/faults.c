#include "core.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/doc.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"

#define FAULTS_MAX 1000

enum action {
    ACTION_ERROR,
    ACTION_HTTP,
    ACTION_DROP,
    ACTION_DELAY,
    ACTION_TRUNCATE,
    ACTION_OVERSIZE,
    ACTION_GARBAGE,
    ACTION_SET,
    ACTION_EXPIRE,
    ACTION_SKEW,
    ACTION_FAIL,
    ACTION_LEAVE_OUT,
    ACTION_INTRUDER,
    ACTION_REGION_OFF
};

static const struct {
    const char *name;
    enum action action;
} actions[] = {
    {"error", ACTION_ERROR},
    {"http", ACTION_HTTP},
    {"drop", ACTION_DROP},
    {"delay_ms", ACTION_DELAY},
    {"truncate", ACTION_TRUNCATE},
    {"oversize", ACTION_OVERSIZE},
    {"garbage", ACTION_GARBAGE},
    {"set", ACTION_SET},
    {"expire", ACTION_EXPIRE},
    {"skew_seconds", ACTION_SKEW},
    {"fail_operation", ACTION_FAIL},
    {"fail_resources", ACTION_LEAVE_OUT},
    {"intruder", ACTION_INTRUDER},
    {"disable_region", ACTION_REGION_OFF},
};

struct fault {
    /* who is struck; NULL: anybody */
    char *operation, *account, *region, *role;
    long long first, last; /* of the matching calls, from 1; last 0: no end */
    double probability;
    /* how */
    enum action action;
    long long number; /* milliseconds, bytes, seconds */
    int status;
    char *code, *text; /* error code or Region; message, HTML body or garbage */
    long long retry_after;
    json_t *set; /* of the answer; the intruder's change */
    bool after;  /* drop: only once the handler has run */
    unsigned long long seen;
};

struct faults {
    struct fault *rows;
    size_t count;
    uint64_t seed, draws;
    bool late; /* reads lag behind */
    long long late_low, late_high, late_seed;
};

/* --- reading --- */

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
            return node_err(doc, probability, err, "a number from 0 to 1 was expected");
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
        return node_err(doc, map, err, "a call or a set was expected, as in a world's changes");
    }
    if (node_only(doc, map, known, err) != 0) {
        return -1;
    }
    if (call != NULL && (node_string(call) == NULL || op_parse(node_string(call)) == NULL)) {
        return node_err(doc, call, err, "service:Operation was expected");
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
            return node_err(doc, found, err, "one fault does one thing; it has '%s' already", name);
        }
        if (found != NULL) {
            value = found;
            name = actions[i].name;
            f->action = actions[i].action;
        }
    }
    if (value == NULL) {
        return node_err(doc, row, err,
                        "what happens is missing: error, http, drop, delay_ms, truncate, oversize, "
                        "garbage, set, expire, skew_seconds, fail_operation, "
                        "fail_resources, intruder or disable_region");
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
                   : node_err(doc, value, err, "before or after was expected");
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
        return text != NULL ? 0 : node_err(doc, value, err, "the text of the body was expected");
    case ACTION_SET:
        f->set = node_to_json(value);
        return value->kind == NODE_MAP
                   ? 0
                   : node_err(doc, value, err, "a map of paths and values was expected");
    case ACTION_EXPIRE:
        return value->kind == NODE_BOOL && value->boolean
                   ? 0
                   : node_err(doc, value, err, "true was expected");
    case ACTION_FAIL:
        return read_fail(doc, value, f, err);
    case ACTION_LEAVE_OUT:
        return read_leave_out(doc, value, f, err);
    case ACTION_INTRUDER:
        return read_intruder(doc, value, f, err);
    case ACTION_REGION_OFF:
        return read_region(doc, value, f, err);
    }
    return 0;
}

static int read_fault(const struct doc *doc, const struct node *row, struct fault *f,
                      struct err *err)
{
    static const char *const known[] = {
        "match",    "error",          "http", "drop",   "delay_ms",     "truncate",
        "oversize", "garbage",        "set",  "expire", "skew_seconds", "fail_operation",
        "fail_resources", "intruder", "disable_region", NULL};
    *f = (struct fault){.first = 1, .probability = 1.0, .retry_after = -1};
    if (row->kind != NODE_MAP) {
        return node_err(doc, row, err, "a fault is a map");
    }
    if (node_only(doc, row, known, err) != 0 ||
        read_match(doc, node_get(row, "match"), f, err) != 0) {
        return -1;
    }
    return read_action(doc, row, f, err);
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
                    "seconds: [FROM, TO] was expected, from 0 to 3600");
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
        err_set(err, ERR_INPUT, "%s: a map with `faults`, a list of at most %d, was expected", path,
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
        if (read_fault(doc, list->children[i], &f->rows[i], err) != 0) {
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

void faults_free(struct faults *f)
{
    if (f == NULL) {
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct fault *row = &f->rows[i];
        free(row->operation);
        free(row->account);
        free(row->region);
        free(row->role);
        free(row->code);
        free(row->text);
        json_decref(row->set);
    }
    free(f->rows);
    free(f);
}

/* --- striking --- */

int64_t faults_skew_ms(const struct faults *f)
{
    for (size_t i = 0; f != NULL && i < f->count; i++) {
        if (f->rows[i].action == ACTION_SKEW) {
            return f->rows[i].number * 1000;
        }
    }
    return 0;
}

struct consistency *faults_consistency(const struct faults *f)
{
    return f != NULL && f->late
               ? consistency_new(f->late_low * 1000, f->late_high * 1000, (uint64_t)f->late_seed)
               : NULL;
}

static bool fits(const char *pattern, const char *value)
{
    return pattern == NULL || (value != NULL && str_glob(pattern, value));
}

/* Between 0 and 1; the same draws in the same order for the same seed. */
static double draw(struct faults *f)
{
    unsigned char digest[SHA256_SIZE];
    uint64_t words[2] = {f->seed, ++f->draws};
    sha256(words, sizeof words, digest);
    return (double)(((unsigned)digest[0] << 16) | ((unsigned)digest[1] << 8) | digest[2]) /
           16777216.0;
}

const struct fault *faults_strike(struct faults *f, const struct op *op, const char *account,
                                  const char *region, const char *role)
{
    char label[128];
    const struct fault *struck = NULL;
    if (f == NULL) {
        return NULL;
    }
    op_label(op, label, sizeof label);
    for (size_t i = 0; i < f->count; i++) {
        struct fault *row = &f->rows[i];
        if (row->action == ACTION_SKEW || !fits(row->operation, label) ||
            !fits(row->account, account) || !fits(row->region, region) || !fits(row->role, role)) {
            continue;
        }
        row->seen++;
        bool in_turn = (long long)row->seen >= row->first &&
                       (row->last == 0 || (long long)row->seen <= row->last);
        if (in_turn && struck == NULL && (row->probability >= 1.0 || draw(f) < row->probability)) {
            struck = row;
        }
    }
    return struck;
}

static void region_off(struct sim *sim, const struct fault *fault)
{
    const char *id = NULL;
    json_t *account = NULL;
    json_object_foreach(sim_org_accounts(sim), id, account)
    {
        if (fault->text == NULL || str_equal(fault->text, id)) {
            sim_account_region_disable(sim, id, fault->code);
        }
    }
}

void fault_meddle(struct sim *sim, const struct fault *fault)
{
    struct err err = ERR_INIT;
    if (fault == NULL || (fault->action != ACTION_INTRUDER && fault->action != ACTION_REGION_OFF)) {
        return;
    }
    consistency_before(sim);
    if (fault->action == ACTION_REGION_OFF) {
        region_off(sim, fault);
    } else if (world_change(sim, fault->set, &err) != 0) {
        log_write(LOG_WARN, "the intruder was refused: %s", err.text);
    }
    consistency_after(sim);
}

const char *fault_fails(const struct fault *fault)
{
    return fault != NULL && fault->action == ACTION_FAIL ? fault->text : NULL;
}

const char *fault_leaves_out(const struct fault *fault, const char *arn)
{
    bool fits = fault != NULL && fault->action == ACTION_LEAVE_OUT && str_glob(fault->code, arn);
    return fits ? fault->text : NULL;
}

static void retry_after(const struct fault *f, struct sim_response *response)
{
    if (f->retry_after >= 0) {
        json_object_set_new(response->headers, "retry-after", json_sprintf("%lld", f->retry_after));
    }
}

bool fault_before(const struct fault *fault, const struct service_info *info, struct principal *who,
                  struct sim_response *response)
{
    int status = 0;
    const char *code = NULL;
    switch (fault->action) {
    case ACTION_ERROR:
        wire_error(info, fault->status, fault->code, fault->text, NULL, response);
        retry_after(fault, response);
        return true;
    case ACTION_HTTP:
        response->status = fault->status;
        text_add(&response->body, fault->text);
        json_object_set_new(response->headers, "content-type", json_string("text/html"));
        retry_after(fault, response);
        return true;
    case ACTION_DROP:
        response->damage = fault->after ? DAMAGE_NONE : DAMAGE_DROP;
        return !fault->after;
    case ACTION_EXPIRE:
        if (who->token != NULL) {
            who->expires_ms = 1;
        }
        auth_error(info, AUTH_EXPIRED, "", &status, &code);
        wire_error(info, status, code, "The security token included in the request is expired",
                   NULL, response);
        return true;
    case ACTION_DELAY:
        response->delay_ms = (int)fault->number;
        return false;
    case ACTION_TRUNCATE:
    case ACTION_OVERSIZE:
    case ACTION_GARBAGE:
    case ACTION_SET:
    case ACTION_SKEW:
    case ACTION_FAIL:
    case ACTION_LEAVE_OUT:
    case ACTION_INTRUDER:
    case ACTION_REGION_OFF:
        return false;
    }
    return false;
}

/* Sets "a.b.0.c" where the way to it exists. */
static void set_at(json_t *at, const char *path, json_t *value)
{
    char step[128];
    size_t length = strcspn(path, ".");
    long long index = 0;
    snprintf(step, sizeof step, "%.*s", (int)length, path);
    bool last = path[length] == '\0';
    if (json_is_array(at) && str_number(step, 0, 1000000, &index)) {
        if (last) {
            json_array_set(at, (size_t)index, value);
        } else {
            set_at(json_array_get(at, (size_t)index), path + length + 1, value);
        }
    } else if (json_is_object(at)) {
        if (last) {
            json_object_set(at, step, value);
        } else {
            set_at(json_object_get(at, step), path + length + 1, value);
        }
    }
}

void fault_answer(const struct fault *fault, struct sim_call *call)
{
    const char *path = NULL;
    json_t *value = NULL;
    if (fault == NULL || fault->action != ACTION_SET) {
        return;
    }
    /* The answer may share values with the state: damage a copy. */
    json_t *copy = json_deep_copy(call->out);
    json_object_foreach(fault->set, path, value)
    {
        set_at(copy, path, value);
    }
    json_decref(call->out);
    call->out = copy;
}

void fault_after(const struct fault *fault, struct sim_response *response)
{
    if (fault == NULL) {
        return;
    }
    switch (fault->action) {
    case ACTION_DROP:
        response->damage = fault->after ? DAMAGE_DROP : response->damage;
        return;
    case ACTION_TRUNCATE:
        response->damage = DAMAGE_TRUNCATE;
        response->truncate_at = (size_t)fault->number;
        return;
    case ACTION_OVERSIZE:
        while (response->body.length < (size_t)fault->number && !text_failed(&response->body)) {
            text_add(&response->body,
                     "                                                                ");
        }
        return;
    case ACTION_GARBAGE:
        text_clear(&response->body);
        text_add(&response->body, fault->text);
        return;
    case ACTION_ERROR:
    case ACTION_HTTP:
    case ACTION_DELAY:
    case ACTION_SET:
    case ACTION_EXPIRE:
    case ACTION_SKEW:
    case ACTION_FAIL:
    case ACTION_LEAVE_OUT:
    case ACTION_INTRUDER:
    case ACTION_REGION_OFF:
        return;
    }
}
