#include "aws/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "client_private.h"

#define SIGNING_KEYS 4096
#define AUTHORIZATION_MAX_BYTES 4096

static int or_else(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static int check_options(const struct aws_options *o, struct err *err)
{
    if (o->session_seconds != 0 && (o->session_seconds < 900 || o->session_seconds > 43200)) {
        return err_set(err, ERR_INPUT, "session duration %d: expected 900 to 43200 seconds",
                       o->session_seconds);
    }
    if (!(o->rate_share >= 0 && o->rate_share <= 1)) {
        return err_set(err, ERR_INPUT, "rate share %g: expected a number above 0, up to 1",
                       o->rate_share);
    }
    if (!(o->max_rate >= 0)) {
        return err_set(err, ERR_INPUT, "maximum rate %g: expected 0 or more", o->max_rate);
    }
    return 0;
}

int aws_client_new(const struct aws_options *options, const struct creds_source *source,
                   struct aws_client **out, struct err *err)
{
    if (check_options(options, err) != 0) {
        return -1;
    }
    struct transport_options transport = {
        .ca_bundle = options->ca_bundle != NULL ? options->ca_bundle : source->ca_bundle,
        .connect_timeout_ms = or_else(options->connect_timeout_ms, 10000),
        .total_timeout_ms = or_else(options->total_timeout_ms, 60000),
        .body_ceiling = options->body_ceiling > 0 ? options->body_ceiling : (size_t)16 << 20,
        .max_in_flight = or_else(options->max_in_flight, 64)};
    struct aws_client *c = xcalloc(1, sizeof *c);
    c->endpoints = options->endpoints;
    if (c->endpoints.override_all == NULL && source->endpoint_url != NULL) {
        c->profile_endpoint = xstrdup(source->endpoint_url);
        c->endpoints.override_all = c->profile_endpoint;
    }
    if (options->unpaced && !endpoints_are_loopback(&c->endpoints)) {
        free(c->profile_endpoint);
        free(c);
        return err_set(err, ERR_INPUT,
                       "calls without rate limits need every endpoint to be on loopback");
    }
    c->read_only = options->read_only;
    c->session_seconds = or_else(options->session_seconds, 3600);
    c->max_attempts = options->max_attempts > 0 ? options->max_attempts : 0;
    c->body_ceiling = transport.body_ceiling;
    c->clock = options->clock;
    c->hear = options->hear;
    c->hear_context = options->hear_context;
    random_seed(&c->random, options->jitter_seed);
    double share = options->rate_share > 0 ? options->rate_share : 0.6;
    c->limiter = limiter_new(options->unpaced ? 0 : share, options->max_rate);
    c->sign_cache = sign_cache_new(SIGNING_KEYS);
    c->regions = map_new(free);
    text_init(&c->authorization, AUTHORIZATION_MAX_BYTES);
    (void)snprintf(c->partition, sizeof c->partition, "aws");
    roles_init(c, options, source);
    if (transport_new(&transport, &c->transport, err) != 0) {
        aws_client_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

void aws_client_free(struct aws_client *c)
{
    if (c == NULL) {
        return;
    }
    transport_free(c->transport);
    limiter_free(c->limiter);
    while (c->first != NULL) {
        struct queued_call *p = c->first;
        c->first = p->after;
        json_decref(p->input);
        free(p->token);
        free(p);
    }
    timers_release(&c->delayed);
    roles_release(&c->roles);
    sign_cache_free(c->sign_cache);
    map_free(c->regions);
    text_release(&c->authorization);
    free(c->profile_endpoint);
    free(c);
}

int aws_client_open(struct aws_client *c, const char *region, struct err *err)
{
    c->home = client_region(c, region, err);
    if (c->home == NULL) {
        return -1;
    }
    (void)snprintf(c->partition, sizeof c->partition, "%s", partition_of_region(region)->id);
    struct aws_call call = {.op = op_find(SVC_STS, "GetCallerIdentity"), .region = region};
    json_t *answer = NULL;
    c->opened = true;
    int rc = aws_call_wait(c, &call, &answer, NULL, err);
    const char *account = jx_str(answer, "Account");
    const char *arn = jx_str(answer, "Arn");
    if (rc != 0) {
        goto out;
    }
    if (account == NULL || !str_is_account_id(account) || arn == NULL ||
        strlen(arn) >= sizeof c->caller_arn) {
        rc = err_set(err, ERR_AWS,
                     "sts:GetCallerIdentity: the answer has no valid account ID and ARN");
        goto out;
    }
    memcpy(c->account, account, sizeof c->account);
    memcpy(c->caller_arn, arn, strlen(arn) + 1);
    memcpy(roles_caller(&c->roles)->account, account, sizeof c->account);
out:
    c->opened = rc == 0;
    json_decref(answer);
    return rc;
}

const char *aws_client_account(const struct aws_client *c)
{
    return c->account;
}

const char *aws_client_caller_arn(const struct aws_client *c)
{
    return c->caller_arn;
}

const char *aws_client_partition(const struct aws_client *c)
{
    return c->partition;
}

static int check_call(const struct aws_client *c, const struct aws_call *call, struct err *err)
{
    char label[96];
    if (call->op == NULL || call->done == NULL) {
        return err_set(err, ERR_INTERNAL, "a call without operation or callback");
    }
    op_label(call->op, label, sizeof label);
    if (!c->opened) {
        return err_set(err, ERR_INTERNAL, "%s: the client is not open", label);
    }
    if (c->read_only && op_writes(call->op)) {
        return err_set(err, ERR_INTERNAL, "%s changes something, and this client is read-only",
                       label);
    }
    if (call->account != NULL && !str_is_account_id(call->account)) {
        return err_set(err, ERR_INPUT, "%s: invalid account ID \"%.40s\"", label, call->account);
    }
    return 0;
}

int aws_call(struct aws_client *c, const struct aws_call *call, struct err *err)
{
    struct region_state *region = NULL;
    if (check_call(c, call, err) != 0 || (region = client_region(c, call->region, err)) == NULL) {
        json_decref(call->input);
        return -1;
    }
    struct assumed_role *identity = roles_account(c, call->account, call->role);
    if (call->retry_refused_role) {
        roles_forgive(identity);
    }
    (void)client_queue(c, call, identity, region);
    return 0;
}

/* Ends every call that is open now, oldest first. Calls that their callbacks queue end in the next
 * step. */
static void end_interrupted(struct aws_client *c)
{
    struct exchange *x = NULL;
    while ((x = transport_next_active(c->transport, x)) != NULL) {
        transport_note_sent(x);
        ((struct queued_call *)x->owner)->sent = x->sent;
    }
    transport_abort_all(c->transport);
    limiter_forget_waiters(c->limiter);
    timers_release(&c->delayed);
    memset(&c->incoming, 0, sizeof c->incoming);
    roles_forget_waiters(c);
    struct queued_call *last = c->last;
    for (bool more = last != NULL; more;) {
        struct queued_call *p = c->first;
        more = p != last;
        if (p->internal) {
            client_forget(c, p);
            continue;
        }
        struct outcome outcome = {.class = ANSWER_NETWORK};
        bool doubtful = p->sent && op_writes(p->op);
        (void)snprintf(outcome.message, sizeof outcome.message, "interrupted%s",
                       doubtful ? "; the request was sent and may have taken effect" : "");
        client_fail(c, p, &outcome);
    }
}

int aws_client_step(struct aws_client *c, int timeout_ms, struct err *err)
{
    if (c->stepping) {
        return err_set(err, ERR_INTERNAL, "the client's loop was entered from a callback");
    }
    c->stepping = true;
    int rc = 0;
    if (c->interrupted) {
        end_interrupted(c);
    } else {
        int64_t wait_ms = client_pump(c);
        if (wait_ms != INT64_MAX) {
            wait_ms -= client_now_ms(c);
        }
        wait_ms = wait_ms < 0 || c->first == NULL ? 0 : wait_ms;
        wait_ms = wait_ms > timeout_ms ? timeout_ms : wait_ms;
        rc = transport_run(c->transport, (int)wait_ms, err);
        for (struct exchange *x; (x = transport_finished(c->transport)) != NULL;) {
            client_answered(c, x);
        }
        (void)client_pump(c);
    }
    c->stepping = false;
    return rc;
}

bool aws_client_is_loopback(const struct aws_client *c)
{
    return endpoints_are_loopback(&c->endpoints);
}

size_t aws_client_pending(const struct aws_client *c)
{
    return c->open_calls;
}

void aws_client_interrupt(struct aws_client *c)
{
    c->interrupted = 1;
}

int64_t aws_client_skew_ms(const struct aws_client *c)
{
    return c->skew_ms;
}

void aws_client_counters(const struct aws_client *c, struct aws_counters *out)
{
    *out = c->counters;
    out->connections = transport_connections(c->transport);
}
