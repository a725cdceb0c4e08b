/* From a call to a signed request. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "client_private.h"

struct headers {
    struct text *lines; /* "name: value", each ended by a NUL */
    const char *names[EXCHANGE_HEADERS_MAX];
    size_t values[EXCHANGE_HEADERS_MAX]; /* offsets into lines, which may move while it grows */
    size_t count;
};

static void header_add(struct headers *h, const char *name, const char *value)
{
    text_add(h->lines, name);
    text_add(h->lines, ": ");
    h->names[h->count] = name;
    h->values[h->count++] = h->lines->length;
    text_addn(h->lines, value, strlen(value) + 1);
}

static void invocation_id(struct aws_client *c, struct queued_call *p, char out[37])
{
    if (p->attempts == 0) {
        p->invocation[0] = random_next(&c->random);
        p->invocation[1] = random_next(&c->random);
    }
    uint64_t a = p->invocation[0];
    uint64_t b = p->invocation[1];
    (void)snprintf(out, 37, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
                   a >> 32, a >> 16 & 0xFFFF, a & 0xFFF, (b >> 48 & 0x3FFF) | 0x8000,
                   b & 0xFFFFFFFFFFFFU);
}

static void add_signed(struct aws_client *c, struct queued_call *p, struct exchange *x,
                       const struct endpoint *endpoint, struct headers *h,
                       const char payload_hash[SHA256_HEX_SIZE])
{
    char date[17];
    char id[37];
    char attempt[48];
    time_amz(x->signed_ms, date);
    invocation_id(c, p, id);
    (void)snprintf(attempt, sizeof attempt, "attempt=%d; max=%d", p->attempts + 1,
                   retry_attempts_shown(c->max_attempts));
    header_add(h, "host", endpoint->host);
    if (x->request.content_type[0] != '\0') {
        header_add(h, "content-type", x->request.content_type);
    }
    if (payload_hash != NULL) {
        header_add(h, "x-amz-content-sha256", payload_hash);
    }
    if (x->request.checksum[0] != '\0') {
        header_add(h, "x-amz-checksum-sha256", x->request.checksum);
    }
    header_add(h, "x-amz-date", date);
    if (p->identity->creds.token != NULL) {
        header_add(h, "x-amz-security-token", p->identity->creds.token);
    }
    if (x->request.target[0] != '\0') {
        header_add(h, "x-amz-target", x->request.target);
    }
    header_add(h, "amz-sdk-invocation-id", id);
    header_add(h, "amz-sdk-request", attempt);
}

static void sign(struct aws_client *c, struct queued_call *p, struct exchange *x,
                 const struct endpoint *endpoint)
{
    bool s3 = p->op->service == SVC_S3;
    char payload_hash[SHA256_HEX_SIZE];
    if (s3) {
        sha256_hex(text_str(&x->request.body), x->request.body.length, payload_hash);
    }
    struct headers h = {.lines = &x->headers};
    add_signed(c, p, x, endpoint, &h, s3 ? payload_hash : NULL);
    struct sign_header list[EXCHANGE_HEADERS_MAX];
    for (size_t i = 0; i < h.count; i++) {
        list[i] = (struct sign_header){h.names[i], text_str(&x->headers) + h.values[i]};
    }
    struct sign_request request = {.method = p->op->method,
                                   .path = text_str(&x->request.path),
                                   .query = text_str(&x->request.query),
                                   .headers = list,
                                   .header_count = h.count,
                                   .body = text_str(&x->request.body),
                                   .body_length = x->request.body.length,
                                   .payload_hash = s3 ? payload_hash : NULL,
                                   .s3 = s3};
    struct sign_key key = {p->identity->creds.access_key_id, p->identity->creds.secret};
    struct sign_scope scope = {endpoint->signing_region, endpoint->signing_name, x->signed_ms};
    text_clear(&c->authorization);
    sign_authorization(c->sign_cache, &request, &key, &scope, &c->authorization);
    header_add(&h, "authorization", text_str(&c->authorization));
    /* Without these libcurl waits for "100 Continue", or declares a form although there is none. */
    static const char no_expect[] = "Expect:";
    static const char no_type[] = "Content-Type:";
    text_addn(&x->headers, no_expect, sizeof no_expect);
    if (x->request.content_type[0] == '\0') {
        text_addn(&x->headers, no_type, sizeof no_type);
    }
}

static int build(struct aws_client *c, struct queued_call *p, struct exchange *x, struct err *err)
{
    struct endpoint endpoint;
    if (request_build(p->op, p->input, &x->request, err) != 0 ||
        endpoint_resolve(&c->endpoints, p->op, p->region->name, &endpoint, err) != 0) {
        return -1;
    }
    if (x->request.path.length == 0) {
        text_addc(&x->request.path, '/');
    }
    text_add(&x->url, endpoint.url);
    text_addn(&x->url, x->request.path.data, x->request.path.length);
    if (x->request.query.length > 0) {
        text_addc(&x->url, '?');
        text_addn(&x->url, x->request.query.data, x->request.query.length);
    }
    x->owner = p;
    x->method = p->op->method;
    x->write = op_writes(p->op);
    x->signed_ms = client_wall_ms(c);
    sign(c, p, x, &endpoint);
    return transport_send(c->transport, x, err);
}

void client_send(struct aws_client *c, struct queued_call *p)
{
    struct err err = ERR_INIT;
    struct outcome outcome = {.class = ANSWER_INVALID};
    struct exchange *x = transport_borrow(c->transport);
    if (x != NULL && build(c, p, x, &err) == 0) {
        p->attempts++;
        p->generation = p->identity->generation;
        return;
    }
    if (x != NULL) {
        transport_recycle(c->transport, x);
    }
    (void)snprintf(outcome.message, sizeof outcome.message, "%s",
                   x != NULL ? err.text : "libcurl cannot create a handle");
    client_fail(c, p, &outcome);
}
