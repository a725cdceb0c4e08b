/* A client against the stub server, and what its callbacks hear. */
#ifndef TOWERKEEP_AWS_CLIENT_STUB_H
#define TOWERKEEP_AWS_CLIENT_STUB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/client.h"
#include "stub_server.h"

#define REGION "eu-central-1"
#define CALLER "111122221111"
#define MEMBER "111122223333"
#define KEYS "TrentService.ListKeys"
#define END_OF_SCRIPT                                                                              \
    {                                                                                              \
        "", 0, 0, NULL, NULL, NULL, 0                                                              \
    }
#define IDENTITY                                                                                   \
    {                                                                                              \
        "Action=GetCallerIdentity", 0, 200,                                                        \
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"      \
            "<GetCallerIdentityResult><Arn>arn:aws:iam::" CALLER ":user/towerkeep</Arn>"           \
            "<UserId>AIDA</UserId><Account>" CALLER "</Account></GetCallerIdentityResult>"         \
            "</GetCallerIdentityResponse>",                                                        \
            NULL, NULL, 0                                                                          \
    }
#define SESSION(token)                                                                             \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"   \
    "<Credentials><AccessKeyId>ASIAEXAMPLE000000001</AccessKeyId><SecretAccessKey>session-secret"  \
    "</SecretAccessKey><SessionToken>" token "</SessionToken>"                                     \
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"               \
    "</AssumeRoleResponse>"
#define STS_ERROR(code, message)                                                                   \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message              \
    "</Message></Error><RequestId>r</RequestId></ErrorResponse>"
#define OK_KEYS "{\"Keys\":[{\"KeyId\":\"k1\"}]}"

struct heard {
    int answers;
    enum answer_class class;
    unsigned pages, attempts, throttles;
    bool last;
    char code[64], message[1024], bodies[256], account[13];
};

static void hear(void *context, const struct answer *a)
{
    struct heard *h = context;
    h->answers++;
    h->class = a->class;
    assert_int_equal(a->page, h->pages);
    h->pages++;
    h->attempts = a->attempts;
    h->throttles = a->throttles;
    assert_false(h->last);
    h->last = a->last;
    (void)snprintf(h->code, sizeof h->code, "%s", a->code);
    (void)snprintf(h->message, sizeof h->message, "%s", a->message);
    (void)snprintf(h->account, sizeof h->account, "%s", a->account);
    size_t used = strlen(h->bodies);
    (void)snprintf(h->bodies + used, sizeof h->bodies - used, "%s;", a->body);
}

static struct aws_client *client_at(const struct stub *stub, struct aws_options *options)
{
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    struct err err = ERR_INIT;
    struct aws_client *client = NULL;
    options->endpoints.override_all = stub->url;
    options->jitter_seed = 7;
    options->rate_share = 1;
    if (aws_client_new(options, &source, &client, &err) != 0 ||
        aws_client_open(client, REGION, &err) != 0) {
        fail_msg("%s", err.text);
    }
    creds_source_release(&source);
    return client;
}

static void ask(struct aws_client *client, const char *op, const char *account, bool raw,
                struct heard *h)
{
    struct err err = ERR_INIT;
    struct aws_call call = {.op = op_parse(op),
                            .account = account,
                            .region = REGION,
                            .raw = raw,
                            .done = hear,
                            .context = h};
    assert_non_null(call.op);
    assert_int_equal(aws_call(client, &call, &err), 0);
    assert_int_equal(h->answers, 0);
}

static void run(struct aws_client *client)
{
    struct err err = ERR_INIT;
    for (int i = 0; i < 2000 && aws_client_pending(client) > 0; i++) {
        assert_int_equal(aws_client_step(client, 100, &err), 0);
    }
    assert_int_equal(aws_client_pending(client), 0);
}

/* One call of the caller's own, or of a member's, against a script. */
static struct heard hear_one(const struct stub_reply *script, struct stub *stub,
                             struct aws_options *options, const char *op, const char *account)
{
    struct heard h = {0};
    stub_start(stub, script, NULL, NULL);
    struct aws_client *client = client_at(stub, options);
    ask(client, op, account, false, &h);
    run(client);
    aws_client_free(client);
    stub_stop(stub);
    assert_true(h.last);
    return h;
}

#endif
