/*
 * Identities: the caller's own keys, each role of its chain, and one assumed role per account. An
 * identity without valid keys calls sts:AssumeRole with the keys of its parent; calls that need it
 * wait meanwhile. The number of sessions is limited: the least recently used one that no call needs
 * is dropped, and assumed again when needed.
 */
#ifndef TOWERKEEP_AWS_ROLES_H
#define TOWERKEEP_AWS_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/client.h"
#include "base/text.h"
#include "limiter.h"

#define SESSIONS_MAX 4096

struct outcome;
struct queued_call;

enum identity_state {
    IDENTITY_EMPTY,
    IDENTITY_WANTS,
    IDENTITY_ASKING,
    IDENTITY_READY,
    IDENTITY_FAILED
};

struct assumed_role {
    struct aws_client *client;
    struct assumed_role *parent;  /* NULL: static keys */
    const struct role_step *step; /* a link of the caller's chain; NULL for an account */
    char account[13];
    char *key;   /* in roles.accounts */
    char *named; /* the one role to assume there; NULL: the default ones in their order */
    enum identity_state state;
    struct creds creds;
    int64_t refresh_at_ms; /* AWS's wall time */
    uint32_t generation;   /* of the keys; 0: none yet */
    unsigned role;         /* index of the name being tried */
    bool shorter;          /* the role allows one hour at most */
    bool least;            /* asked for with the least session policy */
    size_t users;          /* calls that hold it */
    struct waiter_queue waiting;
    struct outcome *failure;
    struct assumed_role *newer, *older; /* among the unused sessions */
    struct assumed_role *next_wanting;
};

struct roles {
    struct assumed_role **chain; /* [0] the static keys, last the caller */
    struct role_step *steps;
    size_t chain_count;
    struct map *accounts; /* account id, or "id/role" for a named one -> identity */
    const char *const *names;
    const char *external_id;
    char session_name[65];
    struct text session_policy; /* empty: none is sent */
    bool packed_too_large;      /* AWS refused it once: the least one is sent from then on */
    struct assumed_role *newest, *oldest; /* sessions no call uses */
    struct assumed_role *first_wanting, *last_wanting;
    size_t sessions, sessions_max;
    size_t secrets_registered;
};

void roles_init(struct aws_client *c, const struct aws_options *options,
                const struct creds_source *source);
void roles_release(struct roles *r);
struct assumed_role *roles_caller(const struct roles *r);
/* named NULL: the usual roles. */
struct assumed_role *roles_account(struct aws_client *c, const char *account, const char *named);
void roles_forgive(
    struct assumed_role *who); /* forgets a refusal, so that the role is tried again */
void roles_hold(struct aws_client *c, struct assumed_role *who);
void roles_let_go(struct aws_client *c, struct assumed_role *who); /* may free `who` */
/* True: the keys are valid. False: the call waits, or the identity has failed. */
bool roles_ready(struct aws_client *c, struct assumed_role *who, struct queued_call *p);
/* AWS reports the keys of that generation as expired; true when new ones can be requested. */
bool roles_expired(struct assumed_role *who, uint32_t generation);
/* Forgets waiting calls and open requests, for an interruption. */
void roles_forget_waiters(struct aws_client *c);

#endif
