/* From an operation and its input to the bytes on the wire, and from the bytes of an answer to JSON
 * and an error class. */
#ifndef TOWERKEEP_AWS_MESSAGE_H
#define TOWERKEEP_AWS_MESSAGE_H

#include <jansson.h>

#include "aws/ops.h"
#include "base/err.h"
#include "base/text.h"

struct request {
    struct text path;  /* percent-encoded, ready for the request line */
    struct text query; /* encoded, keys sorted */
    struct text body;
    char content_type[64]; /* "" when there is no body */
    char target[96];       /* X-Amz-Target or "" */
    char checksum[45];     /* x-amz-checksum-sha256 (S3 writes must carry one) or "" */
};

void request_init(struct request *r);
void request_release(struct request *r);
/* ERR_INTERNAL when the input lacks a path member or has a type that the protocol cannot hold. */
int request_build(const struct op *op, const json_t *input, struct request *out, struct err *err);

enum answer_class {
    ANSWER_OK,
    ANSWER_DENIED,      /* AccessDenied and similar codes */
    ANSWER_REGION_DENY, /* explicit deny by a service control policy, outside governed Regions */
    ANSWER_THROTTLED,
    ANSWER_NOT_FOUND,
    ANSWER_REGION_UNAVAILABLE, /* Region disabled for the account, or service not there */
    ANSWER_EXPIRED,            /* the credentials are expired */
    ANSWER_BAD_CREDENTIALS,    /* unknown key, bad signature (not skew) */
    ANSWER_CLOCK_SKEW,
    ANSWER_CONFLICT, /* ConflictException, ConcurrentModificationException: engine-level waits */
    ANSWER_INVALID,  /* validation and other 4xx: the request or the state is wrong */
    ANSWER_SERVER,   /* 5xx, transient */
    ANSWER_NETWORK,  /* no answer: DNS, connect, TLS, timeout */
    ANSWER_MALFORMED /* an answer that does not follow the protocol */
};
const char *
answer_class_name(enum answer_class c); /* "denied", "region-deny", ... stable, used in reports */

struct answer_error {
    enum answer_class class;
    char code[128];    /* AWS's code, cut as restJson demands (before ':', after '#') */
    char message[512]; /* AWS's message; untrusted, unprintable bytes replaced */
};

/* Classifies. `headers_code` is x-amzn-ErrorType or NULL. http_status 0: network failure (message
 * from the caller). */
void answer_classify(const struct op *op, int http_status, const char *headers_code,
                     const char *body, size_t length, struct answer_error *out);
/* The class of an answer in a Region: in an opt-in Region, unknown credentials mean that the
   account has not enabled it (RequestExpired and similar codes stay as they are). */
enum answer_class answer_class_in_region(enum answer_class class, const char *region);
/* The body as JSON: parsed for json protocols, converted for XML (lists per service_info.lists;
   everything else strings). query: the content of <OpResult>; ec2 and rest-xml: of the root. Empty
   body gives {}. NULL with err on a malformed one. */
json_t *answer_json(const struct op *op, const char *body, size_t length, struct err *err);
/* The next page's token in an answer, or NULL when this was the last page (missing, null or empty).
 */
const char *answer_next_token(const struct op *op, const json_t *answer);

#endif
