#include "roles.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/session_policy.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "client_private.h"

#define HOUR_SECONDS 3600
#define REFRESH_EARLY_MS 300000
#define REFRESH_JITTER_MS 60000
/* A session that expires at once, by AWS's answer, is still used this long. Otherwise every call
 * assumes the role again. */
#define SESSION_LEAST_MS 60000
/* The log searches every line for every registered secret. The keys of further sessions are not
   registered; no code prints them. */
#define SECRETS_REGISTERED_MAX 1024

static const char *const default_roles[] = {"AWSControlTowerExecution",
                                            "OrganizationAccountAccessRole", NULL};

static struct assumed_role *identity_new(struct aws_client *c, struct assumed_role *parent)
{
    struct assumed_role *who = xcalloc(1, sizeof *who);
    who->client = c;
    who->parent = parent;
    return who;
}

static void identity_free(void *value)
{
    struct assumed_role *who = value;
    creds_release(&who->creds);
    free(who->failure);
    free(who->key);
    free(who->named);
    free(who);
}

static void name_session(struct roles *r, const char *run)
{
    char made_up[37];
    random_uuid(made_up);
    (void)snprintf(r->session_name, sizeof r->session_name, "towerkeep-%s",
                   run != NULL ? run : made_up);
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
    for (char *at = r->session_name; *at != '\0'; at++) {
        if (strchr(allowed, *at) == NULL) {
            *at = '-';
        }
    }
}

/* "arn:aws:iam::111122223333:role/x" */
static void account_of_arn(const char *arn, char out[13])
{
    const char *at = arn;
    for (int colons = 0; colons < 4 && at != NULL; colons++) {
        at = strchr(at, ':');
        at = at != NULL ? at + 1 : NULL;
    }
    (void)snprintf(out, 13, "%.12s", at != NULL ? at : "");
    if (!str_is_account_id(out)) {
        out[0] = '\0';
    }
}

void roles_init(struct aws_client *c, const struct aws_options *options,
                const struct creds_source *source)
{
    struct roles *r = &c->roles;
    r->names = options->roles != NULL ? options->roles : default_roles;
    r->external_id = options->external_id;
    r->sessions_max = SESSIONS_MAX;
    r->accounts = map_new(identity_free);
    name_session(r, options->run);
    text_init(&r->session_policy, SESSION_POLICY_MAX);
    if (options->read_only) {
        session_policy_read_only(SESSION_POLICY_AIM, &r->session_policy);
    }
    r->chain_count = source->role_count + 1;
    r->chain = xcalloc(r->chain_count, sizeof(struct assumed_role *));
    r->steps = xcalloc(r->chain_count, sizeof *r->steps);
    for (size_t i = 0; i < r->chain_count; i++) {
        struct assumed_role *who = identity_new(c, i > 0 ? r->chain[i - 1] : NULL);
        r->chain[i] = who;
        if (i == 0) {
            creds_copy(&who->creds, &source->base);
            who->state = IDENTITY_READY;
            log_secret(who->creds.secret);
            log_secret(who->creds.token);
            continue;
        }
        const struct role_step *from = &source->roles[i - 1];
        r->steps[i] = (struct role_step){xstrdup(from->role_arn), xstrdup(from->external_id),
                                         xstrdup(from->session_name), from->duration_seconds};
        who->step = &r->steps[i];
        account_of_arn(from->role_arn, who->account);
    }
}

void roles_release(struct roles *r)
{
    for (size_t i = 0; i < r->chain_count; i++) {
        identity_free(r->chain[i]);
        free(r->steps[i].role_arn);
        free(r->steps[i].external_id);
        free(r->steps[i].session_name);
    }
    free(r->chain);
    free(r->steps);
    map_free(r->accounts);
    text_release(&r->session_policy);
}

struct assumed_role *roles_caller(const struct roles *r)
{
    return r->chain[r->chain_count - 1];
}

void roles_forgive(struct assumed_role *who)
{
    if (who->state == IDENTITY_FAILED && who->users == 0) {
        free(who->failure);
        who->failure = NULL;
        who->state = IDENTITY_EMPTY;
    }
}

struct assumed_role *roles_account(struct aws_client *c, const char *account, const char *named)
{
    if (account == NULL || strcmp(account, c->account) == 0) {
        return roles_caller(&c->roles);
    }
    char *key = named != NULL ? xasprintf("%s/%s", account, named) : xasprintf("%s", account);
    struct assumed_role *who = map_get(c->roles.accounts, key);
    if (who == NULL) {
        who = identity_new(c, roles_caller(&c->roles));
        (void)snprintf(who->account, sizeof who->account, "%s", account);
        who->key = key;
        who->named = xstrdup(named);
        map_set(c->roles.accounts, key, who);
        return who;
    }
    free(key);
    return who;
}

static void unused_remove(struct roles *r, struct assumed_role *who)
{
    if (who->newer != NULL) {
        who->newer->older = who->older;
    } else if (r->newest == who) {
        r->newest = who->older;
    }
    if (who->older != NULL) {
        who->older->newer = who->newer;
    } else if (r->oldest == who) {
        r->oldest = who->newer;
    }
    who->newer = NULL;
    who->older = NULL;
}

void roles_hold(struct aws_client *c, struct assumed_role *who)
{
    if (who->users++ == 0 && who->step == NULL && who->parent != NULL) {
        unused_remove(&c->roles, who);
    }
}

static const char *role_arn(const struct assumed_role *who, char *out, size_t size)
{
    if (who->step != NULL) {
        return who->step->role_arn;
    }
    (void)snprintf(out, size, "arn:%s:iam::%s:role/%s", who->client->partition, who->account,
                   who->named != NULL ? who->named : who->client->roles.names[who->role]);
    return out;
}

/* Role chaining limits a session to one hour. */
static int session_seconds(const struct aws_client *c, const struct assumed_role *who)
{
    int seconds = who->step != NULL ? who->step->duration_seconds : c->session_seconds;
    bool chained = who->parent->parent != NULL || strstr(c->caller_arn, ":assumed-role/") != NULL;
    seconds = seconds > 0 ? seconds : HOUR_SECONDS;
    return (chained || who->shorter) && seconds > HOUR_SECONDS ? HOUR_SECONDS : seconds;
}

static void assumed(void *context, const struct answer *answer);

static void ask(struct aws_client *c, struct assumed_role *who)
{
    struct roles *r = &c->roles;
    char made[160];
    const char *session = who->step != NULL ? who->step->session_name : NULL;
    const char *external = who->step != NULL ? who->step->external_id : r->external_id;
    json_t *input = json_object();
    jx_set_str(input, "RoleArn", role_arn(who, made, sizeof made));
    jx_set_str(input, "RoleSessionName", session != NULL ? session : r->session_name);
    jx_set_str(input, "ExternalId", external);
    if (r->session_policy.length > 0) {
        jx_set_str(input, "Policy", text_str(&r->session_policy));
    }
    who->least = r->packed_too_large;
    json_object_set_new(input, "DurationSeconds", json_integer(session_seconds(c, who)));
    struct aws_call call = {.op = op_find(SVC_STS, "AssumeRole"),
                            .input = input,
                            .single_page = true,
                            .done = assumed,
                            .context = who};
    who->state = IDENTITY_ASKING;
    struct queued_call *p = client_queue(c, &call, who->parent, c->home);
    p->internal = true;
    c->open_calls--;
}

static bool session_available(struct aws_client *c)
{
    struct roles *r = &c->roles;
    if (r->sessions < r->sessions_max) {
        return true;
    }
    struct assumed_role *gone = r->oldest;
    if (gone == NULL) {
        return false;
    }
    unused_remove(r, gone);
    r->sessions--;
    (void)map_remove(r->accounts, gone->key);
    return true;
}

/* Assumes the role, or waits until a session is free. */
static void want(struct aws_client *c, struct assumed_role *who)
{
    struct roles *r = &c->roles;
    if (who->step == NULL && who->state == IDENTITY_EMPTY) {
        if (!session_available(c)) {
            who->state = IDENTITY_WANTS;
            who->next_wanting = NULL;
            if (r->last_wanting != NULL) {
                r->last_wanting->next_wanting = who;
            } else {
                r->first_wanting = who;
            }
            r->last_wanting = who;
            return;
        }
        r->sessions++;
    }
    ask(c, who);
}

static void serve_wanting(struct aws_client *c)
{
    struct roles *r = &c->roles;
    while (r->first_wanting != NULL && session_available(c)) {
        struct assumed_role *who = r->first_wanting;
        r->first_wanting = who->next_wanting;
        if (r->first_wanting == NULL) {
            r->last_wanting = NULL;
        }
        r->sessions++;
        ask(c, who);
    }
}

void roles_let_go(struct aws_client *c, struct assumed_role *who)
{
    struct roles *r = &c->roles;
    if (--who->users > 0 || who->step != NULL || who->parent == NULL) {
        return;
    }
    if (who->state == IDENTITY_READY) {
        who->older = r->newest;
        if (r->newest != NULL) {
            r->newest->newer = who;
        } else {
            r->oldest = who;
        }
        r->newest = who;
        serve_wanting(c);
    } else if (who->state == IDENTITY_EMPTY) {
        (void)map_remove(r->accounts, who->key);
    }
}

bool roles_ready(struct aws_client *c, struct assumed_role *who, struct queued_call *p)
{
    switch (who->state) {
    case IDENTITY_FAILED:
        return false;
    case IDENTITY_READY:
        if (who->parent == NULL || client_wall_ms(c) < who->refresh_at_ms) {
            return true;
        }
        waiter_push(&who->waiting, &p->waiter);
        want(c, who);
        return false;
    case IDENTITY_EMPTY:
        waiter_push(&who->waiting, &p->waiter);
        want(c, who);
        return false;
    case IDENTITY_WANTS:
    case IDENTITY_ASKING:
        waiter_push(&who->waiting, &p->waiter);
        return false;
    }
    return false;
}

bool roles_expired(struct assumed_role *who, uint32_t generation)
{
    if (who->parent == NULL) {
        return false;
    }
    if (who->generation == generation) {
        who->refresh_at_ms = INT64_MIN;
    }
    return true;
}

static void wipe_json(const json_t *string)
{
    const char *s = json_string_value(string);
    if (s != NULL) {
        /* jansson frees the string without wiping it. */
        OPENSSL_cleanse((void *)(uintptr_t)s, strlen(s));
    }
}

static bool take_keys(struct aws_client *c, struct assumed_role *who, const json_t *answer)
{
    const char *id = jx_str(answer, "Credentials.AccessKeyId");
    const char *secret = jx_str(answer, "Credentials.SecretAccessKey");
    const char *token = jx_str(answer, "Credentials.SessionToken");
    const char *until = jx_str(answer, "Credentials.Expiration");
    int64_t expires_ms = 0;
    bool whole = id != NULL && secret != NULL && token != NULL && until != NULL &&
                 strlen(id) < sizeof who->creds.access_key_id && strpbrk(token, "\r\n") == NULL &&
                 time_parse_iso(until, &expires_ms);
    if (whole) {
        creds_release(&who->creds);
        (void)snprintf(who->creds.access_key_id, sizeof who->creds.access_key_id, "%s", id);
        who->creds.secret = xstrdup(secret);
        who->creds.token = xstrdup(token);
        who->creds.expires_ms = expires_ms;
        if (c->roles.secrets_registered < SECRETS_REGISTERED_MAX || who->step != NULL) {
            c->roles.secrets_registered++;
            log_secret(secret);
            log_secret(token);
        }
    }
    wipe_json(jx_get(answer, "Credentials.SecretAccessKey"));
    wipe_json(jx_get(answer, "Credentials.SessionToken"));
    return whole;
}

static void release_waiting(struct aws_client *c, struct assumed_role *who)
{
    struct waiter_queue waiting = who->waiting;
    memset(&who->waiting, 0, sizeof who->waiting);
    for (struct waiter *w; (w = waiter_pop(&waiting)) != NULL;) {
        waiter_push(&c->incoming, w);
    }
}

static void ready(struct aws_client *c, struct assumed_role *who)
{
    int64_t now_ms = client_wall_ms(c);
    int64_t early_ms =
        REFRESH_EARLY_MS + (int64_t)(random_unit(&c->random) * (double)REFRESH_JITTER_MS);
    int64_t at_ms = who->creds.expires_ms - early_ms;
    who->refresh_at_ms = at_ms > now_ms + SESSION_LEAST_MS ? at_ms : now_ms + SESSION_LEAST_MS;
    who->state = IDENTITY_READY;
    who->generation++;
    c->counters.assumed_roles++;
    release_waiting(c, who);
}

static const char *names_tried(const struct assumed_role *who, struct text *out)
{
    const char *const *names = who->client->roles.names;
    if (who->step != NULL) {
        text_add(out, who->step->role_arn);
        return text_str(out);
    }
    if (who->named != NULL) {
        text_addf(out, "%s in %s", who->named, who->account);
        return text_str(out);
    }
    for (size_t i = 0; i <= who->role; i++) {
        text_addf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    text_addf(out, " in %s", who->account);
    return text_str(out);
}

/* The policy and the session's tags together are too large when packed. */
static bool is_packed_too_large(const struct answer *answer)
{
    return strncmp(answer->code, "PackedPolicyTooLarge", strlen("PackedPolicyTooLarge")) == 0;
}

/* A session without a policy could write: the shortest policy is tried, and after it nothing. */
static bool shorten_policy(struct roles *r, const struct assumed_role *who,
                           const struct answer *answer)
{
    if (!is_packed_too_large(answer) || who->least || r->session_policy.length == 0) {
        return false;
    }
    if (!r->packed_too_large) {
        r->packed_too_large = true;
        text_clear(&r->session_policy);
        session_policy_read_only(SESSION_POLICY_LEAST, &r->session_policy);
    }
    return true;
}

/* Is the refusal permanent? */
static bool lasting(enum answer_class class)
{
    return class == ANSWER_DENIED || class == ANSWER_REGION_DENY || class == ANSWER_NOT_FOUND ||
           class == ANSWER_INVALID;
}

static void failed(struct aws_client *c, struct assumed_role *who, const struct answer *answer,
                   enum answer_class class)
{
    struct text tried;
    text_init(&tried, 512);
    struct outcome *failure = xcalloc(1, sizeof *failure);
    failure->class = lasting(class) && !is_packed_too_large(answer) ? ANSWER_DENIED : class;
    failure->http_status = answer->http_status;
    (void)snprintf(failure->code, sizeof failure->code, "%s", answer->code);
    (void)snprintf(failure->message, sizeof failure->message, "sts:AssumeRole of %s: %s",
                   names_tried(who, &tried),
                   class == ANSWER_MALFORMED && answer->class == ANSWER_OK
                       ? "the answer contains no usable credentials"
                       : answer->message);
    text_release(&tried);
    if (who->step == NULL) {
        c->roles.sessions--;
    }
    creds_release(&who->creds);
    struct waiter_queue waiting = who->waiting;
    memset(&who->waiting, 0, sizeof who->waiting);
    who->role = 0;
    who->state = lasting(class) ? IDENTITY_FAILED : IDENTITY_EMPTY;
    free(who->failure);
    who->failure = lasting(class) ? failure : NULL;
    /* Held while its waiters end, because each of them lets go. */
    roles_hold(c, who);
    for (struct waiter *w; (w = waiter_pop(&waiting)) != NULL;) {
        client_fail(c, (struct queued_call *)w, failure);
    }
    if (failure != who->failure) {
        free(failure);
    }
    roles_let_go(c, who);
    serve_wanting(c);
}

static void assumed(void *context, const struct answer *answer)
{
    struct assumed_role *who = context;
    struct aws_client *c = who->client;
    enum answer_class class = answer->class;
    if (class == ANSWER_OK) {
        if (take_keys(c, who, answer->json)) {
            ready(c, who);
            if (who->users == 0) {
                roles_hold(c, who);
                roles_let_go(c, who);
            }
            return;
        }
        class = ANSWER_MALFORMED;
    }
    if (class == ANSWER_INVALID && !who->shorter && session_seconds(c, who) > HOUR_SECONDS) {
        who->shorter = true;
        ask(c, who);
        return;
    }
    if (shorten_policy(&c->roles, who, answer)) {
        ask(c, who);
        return;
    }
    bool another = who->step == NULL && who->named == NULL && c->roles.names[who->role + 1] != NULL;
    if (class == ANSWER_DENIED && another) {
        who->role++;
        ask(c, who);
        return;
    }
    failed(c, who, answer, class);
}

void roles_forget_waiters(struct aws_client *c)
{
    struct roles *r = &c->roles;
    for (size_t i = 0; i < r->chain_count; i++) {
        memset(&r->chain[i]->waiting, 0, sizeof r->chain[i]->waiting);
        if (r->chain[i]->state == IDENTITY_ASKING) {
            r->chain[i]->state = IDENTITY_EMPTY;
        }
    }
    size_t cursor = 0;
    void *value = NULL;
    while (map_next(r->accounts, &cursor, NULL, &value)) {
        struct assumed_role *who = value;
        memset(&who->waiting, 0, sizeof who->waiting);
        if (who->state == IDENTITY_ASKING || who->state == IDENTITY_WANTS) {
            r->sessions -= who->state == IDENTITY_ASKING ? 1 : 0;
            who->state = IDENTITY_EMPTY;
        }
    }
    r->first_wanting = NULL;
    r->last_wanting = NULL;
}
