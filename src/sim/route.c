#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

#define SEGMENTS_MAX 16

struct segment {
    const char *text;
    size_t length;
};

struct routes {
    struct route *rows;
    size_t count;
    struct map *by_label; /* "kms:DescribeKey" -> struct route */
};

/* " MaxResults NextToken " out of "nextToken=NextToken maxResults=MaxResults". */
static char *query_members(const struct op *op)
{
    struct text t;
    text_init(&t, 4096);
    text_addc(&t, ' ');
    for (const char *at = op->query; *at != '\0';) {
        size_t length = strcspn(at, " ");
        const char *equal = memchr(at, '=', length);
        if (equal != NULL) {
            text_addn(&t, equal + 1, length - (size_t)(equal + 1 - at));
            text_addc(&t, ' ');
        }
        at += length + strspn(at + length, " ");
    }
    return text_take(&t);
}

static const struct sim_route *handler_of(const struct sim_service *service, const char *name)
{
    for (size_t i = 0; service != NULL && i < service->route_count; i++) {
        if (str_equal(service->routes[i].op, name)) {
            return &service->routes[i];
        }
    }
    return NULL;
}

static const struct sim_service *service_of(const struct sim_service *const *services,
                                            enum service service)
{
    while (*services != NULL && (*services)->service != service) {
        services++;
    }
    return *services;
}

static int fill(struct route *route, const struct op *op, const struct sim_service *service,
                struct err *err)
{
    route->op = op;
    route->service = service;
    route->text_members = query_members(op);
    route->row = handler_of(service, op->name);
    if (route->row == NULL) {
        return err_set(err, ERR_INTERNAL, "%s:%s is an operation without a handler",
                       service_info(op->service)->name, op->name);
    }
    route->shape = shape_compile(route->row->shape, service->shapes, err);
    return route->shape == NULL ? err_prefix(err, "%s", op->name) : 0;
}

/* Every handler belongs to a row of the table of operations, and to one alone. */
static int check_handlers(const struct sim_service *service, struct err *err)
{
    const char *name = service_info(service->service)->name;
    for (size_t i = 0; i < service->route_count; i++) {
        const struct sim_route *route = &service->routes[i];
        if (op_find(service->service, route->op) == NULL) {
            return err_set(err, ERR_INTERNAL, "%s:%s is a handler without an operation", name,
                           route->op);
        }
        if (handler_of(service, route->op) != route) {
            return err_set(err, ERR_INTERNAL, "%s:%s has two handlers", name, route->op);
        }
    }
    return 0;
}

int routes_new(const struct sim_service *const *services, struct routes **out, struct err *err)
{
    struct routes *r = xcalloc(1, sizeof *r);
    int rc = -1;
    r->count = op_count();
    r->rows = xcalloc(r->count, sizeof *r->rows);
    r->by_label = map_new(NULL);
    for (size_t i = 0; services[i] != NULL; i++) {
        if (check_handlers(services[i], err) != 0) {
            goto out;
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        const struct op *op = op_at(i);
        char label[128];
        op_label(op, label, sizeof label);
        map_set(r->by_label, label, &r->rows[i]);
        if (fill(&r->rows[i], op, service_of(services, op->service), err) != 0) {
            goto out;
        }
    }
    *out = r;
    r = NULL;
    rc = 0;
out:
    routes_free(r);
    return rc;
}

void routes_free(struct routes *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->count; i++) {
        shape_free(r->rows[i].shape);
        free(r->rows[i].text_members);
    }
    map_free(r->by_label);
    free(r->rows);
    free(r);
}

struct route *routes_find(struct routes *r, const struct op *op)
{
    char label[128];
    op_label(op, label, sizeof label);
    return map_get(r->by_label, label);
}

size_t routes_count(const struct routes *r)
{
    return r->count;
}

struct route *routes_at(struct routes *r, size_t index)
{
    return &r->rows[index];
}

/* Splits at '/', leaving out the empty pieces at both ends: AWS takes paths with and without a last
 * slash. */
static size_t split(const char *path, struct segment out[SEGMENTS_MAX])
{
    size_t count = 0;
    path += *path == '/' ? 1 : 0;
    while (*path != '\0' && count < SEGMENTS_MAX) {
        size_t length = strcspn(path, "/");
        out[count++] = (struct segment){path, length};
        path += length;
        path += *path == '/' ? 1 : 0;
    }
    return count;
}

static bool is_label(struct segment s)
{
    return s.length > 2 && s.text[0] == '{' && s.text[s.length - 1] == '}';
}

/* How literally a template fits; -1: not at all. */
static int fits(const struct segment *pattern, size_t pattern_count, const struct segment *actual,
                size_t actual_count)
{
    int score = 0;
    if (pattern_count != actual_count) {
        return -1;
    }
    for (size_t i = 0; i < pattern_count; i++) {
        if (is_label(pattern[i])) {
            score += actual[i].length > 0 ? 1 : -1000;
        } else if (pattern[i].length == actual[i].length &&
                   memcmp(pattern[i].text, actual[i].text, actual[i].length) == 0) {
            score += 10;
        } else {
            return -1;
        }
    }
    return score;
}

static bool query_has(const char *query, const char *word, size_t length)
{
    for (const char *at = query; *at != '\0';) {
        size_t each = strcspn(at, "&");
        size_t key = strcspn(at, "=&");
        if (key == length && memcmp(at, word, length) == 0) {
            return true;
        }
        at += each;
        at += *at == '&' ? 1 : 0;
    }
    return false;
}

/* Words without '=' in op->query must be there ("?tagging"): they tell rows of one path apart. */
static int flags_fit(const struct op *op, const char *query)
{
    int score = 0;
    for (const char *at = op->query; *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (memchr(at, '=', length) == NULL) {
            if (!query_has(query, at, length)) {
                return -1;
            }
            score += 100;
        }
        at += length + strspn(at + length, " ");
    }
    return score;
}

static void take_labels(const struct segment *pattern, const struct segment *actual, size_t count,
                        json_t *labels)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_label(pattern[i])) {
            continue;
        }
        struct text value;
        char name[64];
        size_t length = pattern[i].length - 2;
        length -= pattern[i].text[length] == '+' ? 1 : 0;
        snprintf(name, sizeof name, "%.*s", (int)length, pattern[i].text + 1);
        text_init(&value, 8192);
        wire_percent_decode(actual[i].text, actual[i].length, false, &value);
        json_object_set_new(labels, name, jx_string(text_str(&value), value.length));
        text_release(&value);
    }
}

struct route *routes_match(struct routes *r, enum service service, const char *method,
                           const char *path, const char *query, json_t *labels)
{
    struct segment actual[SEGMENTS_MAX], pattern[SEGMENTS_MAX];
    size_t actual_count = split(path, actual);
    struct route *best = NULL;
    int best_score = -1;
    for (size_t i = 0; i < r->count; i++) {
        const struct op *op = r->rows[i].op;
        if (op->service != service || !str_equal(op->method, method)) {
            continue;
        }
        size_t count = split(op->path, pattern);
        int score = fits(pattern, count, actual, actual_count);
        int flags = score < 0 ? -1 : flags_fit(op, query);
        if (flags >= 0 && score + flags > best_score) {
            best = &r->rows[i];
            best_score = score + flags;
        }
    }
    if (best != NULL) {
        size_t count = split(best->op->path, pattern);
        take_labels(pattern, actual, count, labels);
    }
    return best;
}

int route_run(const struct route *route, struct sim_call *call)
{
    const struct sim_service *service = route->service;
    const struct service_info *info = service_info(call->op->service);
    bool xml = info->xml_namespace != NULL;
    char message[sizeof call->message];
    int rc = shape_check(route->shape, call->in, xml ? SHAPE_TEXT : SHAPE_STRICT,
                         route->text_members, message, sizeof message);
    if (rc == SHAPE_MISTYPED && !xml) {
        return sim_fail(call, 400, "SerializationException", "%s", message);
    }
    if (rc != 0) {
        const char *code = rc == SHAPE_MISSING   ? service->missing_code
                           : rc == SHAPE_UNKNOWN ? service->unknown_code
                                                 : NULL;
        return sim_fail(call, service->invalid_status, code != NULL ? code : service->invalid_code,
                        "%s", message);
    }
    return route->row->handler(call);
}
