/* A tiny AWS for tests of the client: a script of replies, each for requests that hold a word, and
 * a record of what came. */
#ifndef TOWERKEEP_SUPPORT_STUB_SERVER_H
#define TOWERKEEP_SUPPORT_STUB_SERVER_H

#include <signal.h>
#include <stdatomic.h>

#include "loopback.h"

#define STUB_SEEN_MAX 64
#define STUB_SCRIPT_MAX 128

struct stub_reply {
    const char *when; /* in "METHOD path target body token=... region=... ", where '*' stands for
                         anything between; NULL: any */
    int times;        /* 0: for ever */
    int status;       /* 0: the connection is closed without an answer */
    const char *body;
    const char *header, *value; /* one more header, NULL: none */
    size_t filler;              /* blanks in place of the body */
};

struct stub_seen {
    char target[128], authorization[1024], token[128], date[32], attempt[64], invocation[64];
    char body[8192];
};

struct stub {
    struct loopback server;
    const struct stub_reply *script; /* ends with body and status zero and when "" */
    int used[STUB_SCRIPT_MAX];
    struct stub_seen seen[STUB_SEEN_MAX];
    atomic_uint count;
    const char *stop_at; /* as in stub_reply.when: such a request sets *stop; NULL: none */
    volatile sig_atomic_t *stop;
    char url[64];
};

/* Are the parts of `when` in the request, one after the other? */
static bool stub_fits(const char *request, const char *when)
{
    char part[256];
    while (request != NULL && *when != '\0') {
        size_t length = strcspn(when, "*");
        (void)snprintf(part, sizeof part, "%.*s", (int)length, when);
        request = strstr(request, part);
        request = request != NULL ? request + strlen(part) : NULL;
        when += length + (when[length] == '*' ? 1 : 0);
    }
    return request != NULL;
}

static const struct stub_reply *stub_choose(struct stub *stub, const char *request)
{
    for (size_t i = 0; stub->script[i].when == NULL || stub->script[i].when[0] != '\0'; i++) {
        const struct stub_reply *r = &stub->script[i];
        bool spent = r->times > 0 && stub->used[i] >= r->times;
        if (!spent && (r->when == NULL || stub_fits(request, r->when))) {
            stub->used[i]++;
            return r;
        }
    }
    return NULL;
}

static void stub_note(struct stub *stub, const struct loopback_request *request)
{
    unsigned index = atomic_load(&stub->count);
    struct stub_seen *seen = &stub->seen[index % STUB_SEEN_MAX];
    const struct {
        const char *from;
        char *to;
        size_t size;
    } kept[] = {
        {request->target, seen->target, sizeof seen->target},
        {request->authorization, seen->authorization, sizeof seen->authorization},
        {request->token, seen->token, sizeof seen->token},
        {request->date, seen->date, sizeof seen->date},
        {request->attempt, seen->attempt, sizeof seen->attempt},
        {request->invocation, seen->invocation, sizeof seen->invocation},
        {request->body, seen->body, sizeof seen->body},
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        (void)snprintf(kept[i].to, kept[i].size, "%s", kept[i].from);
    }
    atomic_store(&stub->count, index + 1);
}

/* The Region that a request is signed for: ".../20261120/REGION/SERVICE/aws4_request, ..." */
static void stub_region(const struct loopback_request *request, char out[40])
{
    const char *at = strstr(request->authorization, "Credential=");
    for (int slashes = 0; at != NULL && slashes < 2; slashes++) {
        at = strchr(at, '/');
        at = at != NULL ? at + 1 : NULL;
    }
    (void)snprintf(out, 40, "%.*s", at != NULL ? (int)strcspn(at, "/") : 0, at != NULL ? at : "");
}

static struct loopback_reply stub_answer(void *context, const struct loopback_request *request)
{
    struct stub *stub = context;
    char words[LOOPBACK_BODY_MAX + 4096], region[40];
    stub_note(stub, request);
    stub_region(request, region);
    (void)snprintf(words, sizeof words, "%s %s %s %s token=%s region=%s ", request->method,
                   request->path, request->target, request->body, request->token, region);
    if (stub->stop_at != NULL && stub_fits(words, stub->stop_at)) {
        *stub->stop = 1;
    }
    const struct stub_reply *r = stub_choose(stub, words);
    if (r == NULL) {
        return (struct loopback_reply){.status = 418};
    }
    struct loopback_reply reply = {
        .status = r->status, .body = xstrdup(r->body), .header = r->header, .value = r->value};
    if (r->filler > 0) {
        free(reply.body);
        reply.body = xmalloc(r->filler + 1);
        memset(reply.body, ' ', r->filler);
        reply.body[r->filler] = '\0';
    }
    return reply;
}

/* key and certificate: PEM, NULL for plain HTTP. */
static void stub_start(struct stub *stub, const struct stub_reply *script, const char *key,
                       const char *certificate)
{
    memset(stub, 0, sizeof *stub);
    stub->script = script;
    stub->server.reply = stub_answer;
    stub->server.context = stub;
    loopback_start(&stub->server, key, certificate);
    memcpy(stub->url, stub->server.url, sizeof stub->url);
}

static void stub_stop(struct stub *stub)
{
    loopback_stop(&stub->server);
}

#endif
