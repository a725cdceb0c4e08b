/*
 * Credentials of the caller: environment, then shared files (profiles; role_arn + source_profile
 * chains). Order and key names follow the AWS SDKs and Tools Reference ("Standardized credential
 * providers"). The client sends AssumeRole; this header only finds and holds credentials.
 */
#ifndef TOWERKEEP_AWS_CREDS_H
#define TOWERKEEP_AWS_CREDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct creds {
    char access_key_id[129];
    char *secret;       /* yours through creds_release, wiped */
    char *token;        /* NULL when none */
    int64_t expires_ms; /* 0: never */
};
void creds_release(struct creds *c);
void creds_copy(struct creds *to, const struct creds *from);

/* A link of an assume-role chain, outermost last. */
struct role_step {
    char *role_arn, *external_id, *session_name; /* NULL when unset, except role_arn */
    int duration_seconds;                        /* 0: default */
};

struct creds_source {
    struct creds base;       /* static keys to start from */
    struct role_step *roles; /* assumed in order */
    size_t role_count;
    char *region;       /* AWS_REGION, AWS_DEFAULT_REGION, or the profile's; NULL */
    char *endpoint_url; /* profile's, NULL; ignored under AWS_IGNORE_CONFIGURED_ENDPOINT_URLS */
    char *ca_bundle;    /* AWS_CA_BUNDLE or the profile's; NULL */
    char *origin;       /* for messages: "environment", "profile audit in /home/x/.aws/config" */
};
/* profile NULL: environment first, then AWS_PROFILE or "default"; a named profile skips environment
   keys. ERR_CREDENTIALS naming the sources when none is found; ERR_INPUT with FILE:LINE for a
   malformed file, an unknown profile (nearest named) or a role loop. */
int creds_find(const char *profile, struct creds_source *out, struct err *err);
void creds_source_release(struct creds_source *s);

#endif
