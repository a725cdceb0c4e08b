/* A tiny AWS for tests of the client: a script of replies, each for requests that hold a word, and
 * a record of what came. */
#ifndef TOWERKEEP_AWS_STUB_SERVER_H
#define TOWERKEEP_AWS_STUB_SERVER_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define STUB_SEEN_MAX 64

struct stub_reply {
    const char *when; /* in "METHOD path target body token=... "; NULL: any */
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
    struct MHD_Daemon *daemon;
    const struct stub_reply *script; /* ends with body and status zero and when "" */
    int used[32];
    struct stub_seen seen[STUB_SEEN_MAX];
    atomic_uint count;
    char url[64];
};

struct stub_upload {
    char body[8192];
    size_t length;
};

static const char *stub_header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value != NULL ? value : "";
}

static const struct stub_reply *stub_choose(struct stub *stub, const char *request)
{
    for (size_t i = 0; stub->script[i].when == NULL || stub->script[i].when[0] != '\0'; i++) {
        const struct stub_reply *r = &stub->script[i];
        bool spent = r->times > 0 && stub->used[i] >= r->times;
        if (!spent && (r->when == NULL || strstr(request, r->when) != NULL)) {
            stub->used[i]++;
            return r;
        }
    }
    return NULL;
}

static enum MHD_Result stub_answer(struct stub *stub, struct MHD_Connection *connection,
                                   const char *method, const char *path, const char *body)
{
    unsigned index = atomic_load(&stub->count);
    struct stub_seen *seen = &stub->seen[index % STUB_SEEN_MAX];
    const struct {
        const char *name;
        char *to;
        size_t size;
    } kept[] = {
        {"x-amz-target", seen->target, sizeof seen->target},
        {"authorization", seen->authorization, sizeof seen->authorization},
        {"x-amz-security-token", seen->token, sizeof seen->token},
        {"x-amz-date", seen->date, sizeof seen->date},
        {"amz-sdk-request", seen->attempt, sizeof seen->attempt},
        {"amz-sdk-invocation-id", seen->invocation, sizeof seen->invocation},
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        (void)snprintf(kept[i].to, kept[i].size, "%s", stub_header(connection, kept[i].name));
    }
    (void)snprintf(seen->body, sizeof seen->body, "%s", body);
    atomic_store(&stub->count, index + 1);
    char request[16384];
    (void)snprintf(request, sizeof request, "%s %s %s %s token=%s ", method, path, seen->target,
                   body, seen->token);
    const struct stub_reply *r = stub_choose(stub, request);
    if (r != NULL && r->status == 0) {
        return MHD_NO;
    }
    char *filler = NULL;
    const char *text = r != NULL && r->body != NULL ? r->body : "{}";
    if (r != NULL && r->filler > 0) {
        filler = xmalloc(r->filler + 1);
        memset(filler, ' ', r->filler);
        filler[r->filler] = '\0';
        text = filler;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    (void)MHD_add_response_header(response, "x-amzn-RequestId", "request-1");
    if (r != NULL && r->header != NULL) {
        (void)MHD_add_response_header(response, r->header, r->value);
    }
    enum MHD_Result result =
        MHD_queue_response(connection, r != NULL ? (unsigned)r->status : 418, response);
    MHD_destroy_response(response);
    free(filler);
    return result;
}

static enum MHD_Result stub_request(void *context, struct MHD_Connection *connection,
                                    const char *path, const char *method, const char *version,
                                    const char *data, size_t *size, void **own)
{
    (void)version;
    struct stub_upload *upload = *own;
    if (upload == NULL) {
        *own = xcalloc(1, sizeof *upload);
        return MHD_YES;
    }
    if (*size > 0) {
        size_t room = sizeof upload->body - 1 - upload->length;
        size_t taken = *size < room ? *size : room;
        memcpy(upload->body + upload->length, data, taken);
        upload->length += taken;
        *size = 0;
        return MHD_YES;
    }
    return stub_answer(context, connection, method, path, upload->body);
}

static void stub_completed(void *context, struct MHD_Connection *connection, void **own,
                           enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*own);
    *own = NULL;
}

static void stub_silent(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void stub_silent(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

/* key and certificate: PEM, NULL for plain HTTP. */
static void stub_start(struct stub *stub, const struct stub_reply *script, const char *key,
                       const char *certificate)
{
    memset(stub, 0, sizeof *stub);
    stub->script = script;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
                                   {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    stub->daemon = MHD_start_daemon(key != NULL ? flags | MHD_USE_TLS : flags, 0, NULL, NULL,
                                    stub_request, stub, MHD_OPTION_EXTERNAL_LOGGER, stub_silent,
                                    NULL, MHD_OPTION_NOTIFY_COMPLETED, stub_completed, NULL,
                                    MHD_OPTION_ARRAY, key != NULL ? tls : none, MHD_OPTION_END);
    if (stub->daemon == NULL) {
        (void)fputs("the stub server does not start\n", stderr);
        exit(1);
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(stub->daemon, MHD_DAEMON_INFO_BIND_PORT);
    (void)snprintf(stub->url, sizeof stub->url, "%s://127.0.0.1:%u", key != NULL ? "https" : "http",
                   info->port);
}

static void stub_stop(struct stub *stub)
{
    MHD_stop_daemon(stub->daemon);
}

#endif
