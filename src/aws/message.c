#include "aws/message.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "xml.h"

#define PATH_MAX_BYTES (16 * 1024)
#define QUERY_MAX_BYTES (64 * 1024)
#define BODY_MAX_BYTES (4 * 1024 * 1024)
#define FORM_DEPTH_MAX 16

void request_init(struct request *r)
{
    memset(r, 0, sizeof *r);
    text_init(&r->path, PATH_MAX_BYTES);
    text_init(&r->query, QUERY_MAX_BYTES);
    text_init(&r->body, BODY_MAX_BYTES);
}

void request_release(struct request *r)
{
    text_release(&r->path);
    text_release(&r->query);
    text_release(&r->body);
}

/* A scalar in the form of a path, query string or form; false when it is not a scalar. */
static bool add_scalar(struct text *out, const json_t *value)
{
    char number[64];
    if (json_is_string(value)) {
        text_add_percent(out, json_string_value(value), json_string_length(value), false);
    } else if (json_is_boolean(value)) {
        text_add(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        text_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(number, sizeof number, "%.15g", json_real_value(value));
        text_add_percent(out, number, strlen(number), false);
    } else {
        return false;
    }
    return true;
}

/* Fills the labels of the row's path from `rest`, and removes those members from it. */
static int build_path(const struct op *op, json_t *rest, struct text *out, struct err *err)
{
    char member[64];
    const char *at = op->path;
    while (*at != '\0') {
        size_t plain = strcspn(at, "{");
        text_addn(out, at, plain);
        at += plain;
        if (*at == '\0') {
            break;
        }
        size_t length = strcspn(++at, "}");
        snprintf(member, sizeof member, "%.*s", (int)length, at);
        at += length + 1;
        const json_t *value = json_object_get(rest, member);
        if (json_string_length(value) == 0 && !json_is_integer(value)) {
            return err_set(err, ERR_INTERNAL, "%s: path member %s is missing", op->name, member);
        }
        if (str_equal(json_string_value(value), ".") || str_equal(json_string_value(value), "..")) {
            return err_set(err, ERR_INTERNAL, "%s: %s would change the path", op->name, member);
        }
        add_scalar(out, value);
        json_object_del(rest, member);
    }
    return 0;
}

struct pair {
    char *name, *value;
};

struct pairs {
    struct pair *items;
    size_t count;
};

static void pairs_release(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->items[i].name);
        free(pairs->items[i].value);
    }
    free(pairs->items);
}

static bool pairs_add(struct pairs *pairs, const char *name, size_t name_length,
                      const json_t *value)
{
    struct text word;
    text_init(&word, QUERY_MAX_BYTES);
    if (value != NULL && !add_scalar(&word, value)) {
        return false;
    }
    pairs->items = xreallocarray(pairs->items, pairs->count + 1, sizeof *pairs->items);
    pairs->items[pairs->count].value = text_take(&word);
    text_add_percent(&word, name, name_length, false);
    pairs->items[pairs->count++].name = text_take(&word);
    return true;
}

static int pair_order(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : strcmp(x->value, y->value);
}

/* One word of the query column: "wire=member", or a key without a value. */
static int take_query_word(const char *word, size_t length, json_t *rest, struct pairs *pairs,
                           struct err *err)
{
    char member[64];
    const char *equals = memchr(word, '=', length);
    if (equals == NULL) {
        pairs_add(pairs, word, length, NULL);
        return 0;
    }
    size_t wire = (size_t)(equals - word);
    snprintf(member, sizeof member, "%.*s", (int)(length - wire - 1), equals + 1);
    json_t *value = json_object_get(rest, member);
    bool good = true;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && good; i++) {
            const json_t *one = json_array_get(value, i);
            good = !json_is_null(one) && pairs_add(pairs, word, wire, one);
        }
    } else if (value != NULL && !json_is_null(value)) {
        good = pairs_add(pairs, word, wire, value);
    }
    json_object_del(rest, member);
    return good ? 0
                : err_set(err, ERR_INTERNAL, "%s has a type that a query string cannot hold",
                          member);
}

static int build_query(const struct op *op, json_t *rest, struct text *out, struct err *err)
{
    struct pairs pairs = {NULL, 0};
    int rc = -1;
    for (const char *word = op->query; *word != '\0';) {
        size_t length = strcspn(word, " ");
        if (take_query_word(word, length, rest, &pairs, err) < 0) {
            goto out;
        }
        word += length;
        word += strspn(word, " ");
    }
    if (pairs.count > 1) {
        qsort(pairs.items, pairs.count, sizeof *pairs.items, pair_order);
    }
    for (size_t i = 0; i < pairs.count; i++) {
        text_addf(out, "%s%s=%s", i > 0 ? "&" : "", pairs.items[i].name, pairs.items[i].value);
    }
    rc = 0;
out:
    pairs_release(&pairs);
    return rc;
}

/* One member of a query or ec2 form, under its full dotted name. Absent and null are not sent. */
static int add_form(const struct op *op, const char *name, const char *element, const json_t *value,
                    unsigned depth, struct text *out, struct err *err)
{
    bool ec2 = service_info(op->service)->protocol == PROTOCOL_EC2;
    char *longer = NULL;
    int rc = 0;
    if (depth > FORM_DEPTH_MAX || (!json_is_array(value) && !json_is_object(value))) {
        if (json_is_null(value)) {
            return 0;
        }
        text_addf(out, "&%s=", name);
        return depth <= FORM_DEPTH_MAX && add_scalar(out, value)
                   ? 0
                   : err_set(err, ERR_INTERNAL, "%s has a type or depth that a form cannot hold",
                             name);
    }
    for (size_t i = 0; i < json_array_size(value) && rc == 0; i++) {
        const char *item = ec2 ? NULL : service_list_item(op->service, element);
        longer = ec2 ? xasprintf("%s.%zu", name, i + 1)
                     : xasprintf("%s.%s.%zu", name, item != NULL ? item : "member", i + 1);
        rc = add_form(op, longer, "", json_array_get(value, i), depth + 1, out, err);
        free(longer);
    }
    const char *key;
    json_t *member;
    json_object_foreach(jx_get(value, ""), key, member)
    {
        if (rc < 0) {
            break;
        }
        longer = *name == '\0' ? xstrdup(key) : xasprintf("%s.%s", name, key);
        rc = add_form(op, longer, key, member, depth + 1, out, err);
        free(longer);
    }
    return rc;
}

static int build_form(const struct op *op, json_t *rest, struct request *out, struct err *err)
{
    text_add(&out->path, "/");
    text_addf(&out->body, "Action=%s&Version=%s", op->name, service_info(op->service)->api_version);
    snprintf(out->content_type, sizeof out->content_type, "%s",
             "application/x-www-form-urlencoded; charset=utf-8");
    return add_form(op, "", "", rest, 0, &out->body, err);
}

static void add_json(struct text *out, const json_t *value)
{
    char *dump = jx_dump(value);
    text_add(out, dump);
    free(dump);
}

static int build_json(const struct op *op, json_t *rest, struct request *out, struct err *err)
{
    (void)err;
    const struct service_info *service = service_info(op->service);
    text_add(&out->path, "/");
    add_json(&out->body, rest);
    snprintf(out->content_type, sizeof out->content_type, "application/x-amz-json-%s",
             service->protocol == PROTOCOL_JSON_1_0 ? "1.0" : "1.1");
    snprintf(out->target, sizeof out->target, "%s.%s", service->target_prefix, op->name);
    return 0;
}

static bool has_body(const struct op *op)
{
    return strcmp(op->method, "POST") == 0 || strcmp(op->method, "PUT") == 0;
}

static int refuse_rest(const struct op *op, json_t *rest, struct err *err)
{
    const char *name = json_object_iter_key(json_object_iter(rest));
    if (name == NULL) {
        return 0;
    }
    return err_set(err, ERR_INTERNAL, "%s: the operation has no member %s", op->name, name);
}

static int build_rest_json(const struct op *op, json_t *rest, struct request *out, struct err *err)
{
    if (build_path(op, rest, &out->path, err) < 0 || build_query(op, rest, &out->query, err) < 0) {
        return -1;
    }
    if (!has_body(op)) {
        return refuse_rest(op, rest, err);
    }
    add_json(&out->body, rest);
    snprintf(out->content_type, sizeof out->content_type, "application/json");
    return 0;
}

static int build_rest_xml(const struct op *op, json_t *rest, struct request *out, struct err *err)
{
    unsigned char digest[SHA256_SIZE];
    if (build_path(op, rest, &out->path, err) < 0 || build_query(op, rest, &out->query, err) < 0) {
        return -1;
    }
    if (!has_body(op)) {
        return refuse_rest(op, rest, err);
    }
    void *payload = json_object_iter(rest);
    if (json_object_size(rest) != 1) {
        return err_set(err, ERR_INTERNAL, "%s: expected one member for the body, got %zu", op->name,
                       json_object_size(rest));
    }
    if (xml_write(op->service, json_object_iter_key(payload), json_object_iter_value(payload),
                  &out->body, err) < 0) {
        return -1;
    }
    snprintf(out->content_type, sizeof out->content_type, "application/xml");
    sha256(text_str(&out->body), out->body.length, digest);
    unsigned char base64[45];
    EVP_EncodeBlock(base64, digest, SHA256_SIZE);
    memcpy(out->checksum, base64, sizeof out->checksum);
    return 0;
}

static int (*const builders[])(const struct op *op, json_t *rest, struct request *out,
                               struct err *err) = {
    [PROTOCOL_REST_JSON] = build_rest_json,
    [PROTOCOL_JSON_1_0] = build_json,
    [PROTOCOL_JSON_1_1] = build_json,
    [PROTOCOL_QUERY] = build_form,
    [PROTOCOL_EC2] = build_form,
    [PROTOCOL_REST_XML] = build_rest_xml,
};

int request_build(const struct op *op, const json_t *input, struct request *out, struct err *err)
{
    if (input != NULL && !json_is_object(input)) {
        return err_set(err, ERR_INTERNAL, "%s: the input is not an object", op->name);
    }
    /* A shallow copy: members are removed from it, never changed. */
    json_t *rest = input == NULL ? json_object() : json_copy(jx_get(input, ""));
    int rc = builders[service_info(op->service)->protocol](op, rest, out, err);
    json_decref(rest);
    if (rc == 0 &&
        (text_failed(&out->path) || text_failed(&out->query) || text_failed(&out->body))) {
        return err_set(err, ERR_INTERNAL, "%s: the request is too large", op->name);
    }
    return rc;
}
