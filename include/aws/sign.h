/*
 * AWS Signature Version 4, in named stages that are each testable (IAM User Guide: "Create a signed
 * AWS API request"). libcurl is not used, because 7.88 signs the raw query string and does not
 * encode paths twice.
 */
#ifndef TOWERKEEP_AWS_SIGN_H
#define TOWERKEEP_AWS_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

struct sign_header {
    const char *name; /* any case */
    const char *value;
};

struct sign_request {
    const char *method;
    const char *path;  /* as sent on the wire (already percent-encoded once), without the query */
    const char *query; /* as sent, without '?'; "" when none */
    const struct sign_header
        *headers; /* all of them are signed, except those SigV4 leaves out (authorization,
                     user-agent, connection, expect, x-amzn-trace-id) */
    size_t header_count;
    const char *body;
    size_t body_length;
    const char *payload_hash; /* hex or "UNSIGNED-PAYLOAD"; NULL: hash the body */
    bool s3;                  /* S3: the path is not encoded a second time, nor normalized */
    bool keep_path;           /* the path is not normalized: "/a//../b" stays */
};

struct sign_scope {
    const char *region;
    const char *service; /* signing name */
    int64_t wall_ms;
};

struct sign_key { /* secret, access key id; strings borrowed */
    const char *access_key_id;
    const char *secret;
};

/* Signing keys derived per secret, Region, service and day. Bounded: the least recently used key is
 * replaced. */
struct sign_cache;
struct sign_cache *sign_cache_new(size_t capacity);
void sign_cache_free(struct sign_cache *cache); /* wipes the keys */

void sign_canonical_request(const struct sign_request *r, struct text *canonical,
                            struct text *signed_headers);
void sign_string_to_sign(const struct sign_scope *scope, const struct text *canonical,
                         struct text *out);
/* cache may be NULL */
void sign_signature(struct sign_cache *cache, const struct sign_key *key,
                    const struct sign_scope *scope, const struct text *string_to_sign,
                    char out_hex[SHA256_HEX_SIZE]);
/* The whole Authorization value. */
void sign_authorization(struct sign_cache *cache, const struct sign_request *r,
                        const struct sign_key *key, const struct sign_scope *scope,
                        struct text *out);

/* Reads "AWS4-HMAC-SHA256 Credential=AK/day/region/service/aws4_request, SignedHeaders=...,
 * Signature=...". */
struct sign_claim {
    char access_key_id[129], day[9], region[33], service[65], signature[65];
    char signed_headers[1024];
};
int sign_parse_authorization(const char *value, struct sign_claim *out, struct err *err);

#endif
