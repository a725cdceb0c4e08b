#include "core.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"

#define PARAMETERS_MAX 2000

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool wire_percent_decode(const char *s, size_t length, bool form, struct text *out)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] != '%') {
            text_addc(out, form && s[i] == '+' ? ' ' : s[i]);
            continue;
        }
        int high = length - i > 2 ? hex_digit(s[i + 1]) : -1;
        int low = length - i > 2 ? hex_digit(s[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        text_addc(out, (char)(high * 16 + low));
        i += 2;
    }
    return true;
}

void wire_pairs_free(struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pairs[i].name);
        free(pairs[i].value);
    }
    free(pairs);
}

static char *decoded(const char *s, size_t length, bool form, bool *fine)
{
    struct text t;
    text_init(&t, SIM_BODY_MAX);
    *fine = *fine && wire_percent_decode(s, length, form, &t) &&
            (t.length == 0 || utf8_valid(t.data, t.length));
    return text_take(&t);
}

bool wire_parse_query(const char *text, size_t length, bool form, struct pair **out, size_t *count)
{
    bool fine = true;
    const char *end = text + length;
    *out = NULL;
    *count = 0;
    while (text < end && fine) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        stop = stop == NULL ? end : stop;
        const char *equal = memchr(text, '=', (size_t)(stop - text));
        const char *key_end = equal == NULL ? stop : equal;
        if (stop > text) {
            *out = xreallocarray(*out, *count + 1, sizeof **out);
            struct pair *p = &(*out)[(*count)++];
            p->name = decoded(text, (size_t)(key_end - text), form, &fine);
            p->value = equal == NULL ? xstrdup("")
                                     : decoded(equal + 1, (size_t)(stop - equal - 1), form, &fine);
        }
        fine = fine && *count <= PARAMETERS_MAX;
        text = stop + 1;
    }
    if (!fine) {
        wire_pairs_free(*out, *count);
        *out = NULL;
        *count = 0;
    }
    return fine;
}

/* --- which operation --- */

static const char *parameter(const struct pair *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(pairs[i].name, name)) {
            return pairs[i].value;
        }
    }
    return "";
}

static struct route *route_by_name(struct sim *sim, enum service service, const char *name)
{
    const struct op *op = op_find(service, name);
    return op == NULL ? NULL : routes_find(sim->routes, op);
}

static struct route *route_json(struct sim *sim, const struct service_info *info,
                                const struct sim_request *request, struct sim_call *call)
{
    const char *target = sim_request_header(request, "x-amz-target");
    const char *type = sim_request_header(request, "content-type");
    const char *expected = info->protocol == PROTOCOL_JSON_1_0 ? "application/x-amz-json-1.0"
                                                               : "application/x-amz-json-1.1";
    size_t prefix = strlen(info->target_prefix);
    if (!str_equal(request->method, "POST") || target == NULL || type == NULL ||
        !str_starts(type, expected) || strncmp(target, info->target_prefix, prefix) != 0 ||
        target[prefix] != '.') {
        sim_fail(call, 404, "UnknownOperationException",
                 "expected POST with X-Amz-Target %s.Operation and Content-Type %s",
                 info->target_prefix, expected);
        return NULL;
    }
    struct route *route = route_by_name(sim, info->service, target + prefix + 1);
    if (route == NULL) {
        sim_fail(call, 400, "UnknownOperationException", "unknown operation %s", target);
    }
    return route;
}

static bool form_parameters(const struct sim_request *request, struct pair **pairs, size_t *count)
{
    if (str_equal(request->method, "POST")) {
        return wire_parse_query(text_str(&request->body), request->body.length, true, pairs, count);
    }
    return wire_parse_query(request->query, strlen(request->query), true, pairs, count);
}

static struct route *route_query(struct sim *sim, const struct service_info *info,
                                 const struct sim_request *request, struct sim_call *call)
{
    struct pair *pairs = NULL;
    size_t count = 0;
    if (!form_parameters(request, &pairs, &count)) {
        sim_fail(call, 400, "MalformedQueryString", "The query string contains a syntax error.");
        return NULL;
    }
    const char *action = parameter(pairs, count, "Action");
    const char *version = parameter(pairs, count, "Version");
    struct route *route =
        str_equal(version, info->api_version) ? route_by_name(sim, info->service, action) : NULL;
    if (*action == '\0') {
        sim_fail(call, 400, "MissingAction", "The request must contain the parameter Action");
    } else if (route == NULL) {
        sim_fail(call, 400, "InvalidAction", "Could not find operation %.64s for version %.32s",
                 action, version);
    }
    wire_pairs_free(pairs, count);
    return route;
}

struct route *wire_route(struct sim *sim, enum service service, const struct sim_request *request,
                         json_t *labels, struct sim_call *call)
{
    const struct service_info *info = service_info(service);
    struct route *route = NULL;
    switch (info->protocol) {
    case PROTOCOL_JSON_1_0:
    case PROTOCOL_JSON_1_1:
        return route_json(sim, info, request, call);
    case PROTOCOL_QUERY:
    case PROTOCOL_EC2:
        return route_query(sim, info, request, call);
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        route = routes_match(sim->routes, service, request->method, request->path, request->query,
                             labels);
        if (route == NULL) {
            sim_fail(call, 404, service == SVC_S3 ? "NoSuchKey" : "UnknownOperationException",
                     "unknown operation %s %.200s of %s", request->method, request->target,
                     info->name);
        }
        return route;
    }
    return NULL;
}

/* --- the input --- */

static json_t *input_json(const struct sim_request *request, struct sim_call *call)
{
    const char *problem = NULL;
    if (request->body.length == 0) {
        return json_object();
    }
    json_t *in = jx_parse(request->body.data, request->body.length, &problem);
    if (!json_is_object(in)) {
        json_decref(in);
        sim_fail(call, 400, "SerializationException", "The body is not a JSON object: %s",
                 problem != NULL ? problem : "another type of value");
        return NULL;
    }
    return in;
}

/* Sets a dotted name in a tree of objects; numbers become lists in fold(). False when a name is
 * both leaf and tree. */
static bool plant(json_t *tree, const char *name, const char *value)
{
    unsigned depth = 0;
    for (;;) {
        char key[160];
        size_t length = strcspn(name, ".");
        if (length == 0 || length >= sizeof key || ++depth > 16 || !json_is_object(tree)) {
            return false;
        }
        memcpy(key, name, length);
        key[length] = '\0';
        json_t *next = json_object_get(tree, key);
        if (name[length] == '\0') {
            return next == NULL &&
                   json_object_set_new(tree, key, jx_string(value, strlen(value))) == 0;
        }
        if (next == NULL) {
            next = json_object();
            json_object_set_new(tree, key, next);
        }
        tree = next;
        name += length + 1;
    }
}

static bool all_numbers(json_t *object)
{
    const char *key = NULL;
    json_t *value = NULL;
    long long number = 0;
    json_object_foreach(object, key, value)
    {
        if (!str_number(key, 1, 100000, &number)) {
            return false;
        }
    }
    return json_object_size(object) > 0;
}

static json_t *fold(enum service service, const char *name, json_t *tree);

static json_t *fold_list(enum service service, const char *name, json_t *tree)
{
    json_t *list = json_array();
    for (size_t seen = 0, i = 1; seen < json_object_size(tree) && i <= 100000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%zu", i);
        json_t *item = json_object_get(tree, key);
        if (item != NULL) {
            json_array_append_new(list, fold(service, name, item));
            seen++;
        }
    }
    return list;
}

/* Turns {"1": a, "2": b} into [a, b] and takes away the item name around a list; new reference. */
static json_t *fold(enum service service, const char *name, json_t *tree)
{
    if (!json_is_object(tree)) {
        return json_incref(tree);
    }
    if (all_numbers(tree)) {
        return fold_list(service, name, tree);
    }
    const char *item =
        service_info(service)->protocol == PROTOCOL_EC2 ? NULL : service_list_item(service, name);
    void *first = json_object_iter(tree);
    if (json_object_size(tree) == 1 && all_numbers(json_object_iter_value(first)) &&
        (str_equal(json_object_iter_key(first), "member") ||
         str_equal(json_object_iter_key(first), item))) {
        return fold_list(service, name, json_object_iter_value(first));
    }
    json_t *out = json_object();
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(tree, key, value)
    {
        json_object_set_new(out, key, fold(service, key, value));
    }
    return out;
}

static json_t *input_form(const struct sim_request *request, struct sim_call *call)
{
    struct pair *pairs = NULL;
    size_t count = 0;
    json_t *tree = json_object(), *in = NULL;
    bool fine = form_parameters(request, &pairs, &count);
    for (size_t i = 0; fine && i < count; i++) {
        if (!str_equal(pairs[i].name, "Action") && !str_equal(pairs[i].name, "Version")) {
            fine = plant(tree, pairs[i].name, pairs[i].value);
        }
    }
    if (fine) {
        in = fold(call->op->service, "", tree);
    } else {
        sim_fail(call, 400, "MalformedQueryString", "The query string contains a syntax error.");
    }
    wire_pairs_free(pairs, count);
    json_decref(tree);
    return in;
}

/* The member that a query key names ("nextToken=NextToken"), or NULL. */
static bool query_member(const struct op *op, const char *key, char *out, size_t size)
{
    size_t length = strlen(key);
    for (const char *at = op->query; *at != '\0';) {
        size_t each = strcspn(at, " ");
        if (strncmp(at, key, length) == 0 && at[length] == '=') {
            snprintf(out, size, "%.*s", (int)(each - length - 1), at + length + 1);
            return true;
        }
        if (each == length && strncmp(at, key, length) == 0) {
            snprintf(out, size, "%s", "");
            return true;
        }
        at += each + strspn(at + each, " ");
    }
    return false;
}

/* Query members join the input; a key that comes twice makes a list. */
static int input_from_query(const struct sim_request *request, json_t *in, struct sim_call *call)
{
    struct pair *pairs = NULL;
    size_t count = 0;
    int rc = 0;
    if (!wire_parse_query(request->query, strlen(request->query), false, &pairs, &count)) {
        return sim_fail(call, 400, "ValidationException",
                        "The query string contains a syntax error.");
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char member[128];
        if (str_equal(pairs[i].name, "x-id")) {
            continue; /* newer SDKs name the operation so */
        }
        if (!query_member(call->op, pairs[i].name, member, sizeof member)) {
            rc = sim_fail(call, 400, "ValidationException", "Unknown query parameter '%.100s'",
                          pairs[i].name);
        } else if (*member != '\0') {
            json_t *value = jx_string(pairs[i].value, strlen(pairs[i].value));
            json_t *before = json_object_get(in, member);
            if (json_is_array(before)) {
                json_array_append_new(before, value);
            } else if (before != NULL) {
                json_object_set_new(in, member, json_pack("[O,o]", before, value));
            } else {
                json_object_set_new(in, member, value);
            }
        }
    }
    wire_pairs_free(pairs, count);
    return rc;
}

static json_t *input_rest(const struct sim_request *request, json_t *labels, struct sim_call *call)
{
    json_t *in = NULL;
    if (service_info(call->op->service)->protocol == PROTOCOL_REST_XML) {
        struct err err = ERR_INIT;
        in = request->body.length == 0
                 ? json_object()
                 : xml_body(call->op->service, request->body.data, request->body.length, &err);
        if (in == NULL) {
            sim_fail(call, 400, "MalformedXML",
                     "The XML you provided was not well-formed or did not validate against our "
                     "published schema");
            return NULL;
        }
    } else {
        in = input_json(request, call);
    }
    if (in == NULL || input_from_query(request, in, call) != 0) {
        json_decref(in);
        return NULL;
    }
    json_object_update(in, labels);
    return in;
}

json_t *wire_input(const struct route *route, const struct sim_request *request, json_t *labels,
                   struct sim_call *call)
{
    switch (service_info(route->op->service)->protocol) {
    case PROTOCOL_JSON_1_0:
    case PROTOCOL_JSON_1_1:
        return input_json(request, call);
    case PROTOCOL_QUERY:
    case PROTOCOL_EC2:
        return input_form(request, call);
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        return input_rest(request, labels, call);
    }
    return NULL;
}
