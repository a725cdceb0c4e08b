/* The HTTP server of the tests: it listens on a free port of this machine and hands each request,
 * whole, to a function that words the reply. */
#ifndef TOWERKEEP_SUPPORT_LOOPBACK_H
#define TOWERKEEP_SUPPORT_LOOPBACK_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LOOPBACK_BODY_MAX 16384

struct loopback_request { /* borrowed; a header that was not sent is "" */
    const char *method, *path, *body;
    const char *target, *authorization, *token, *date, *attempt, *invocation;
};

struct loopback_reply {
    int status;                 /* 0: the connection is closed without an answer */
    char *body;                 /* taken; NULL: "{}" */
    const char *header, *value; /* one more header; NULL: none */
};

struct loopback {
    struct MHD_Daemon *daemon;
    struct loopback_reply (*reply)(void *context, const struct loopback_request *request);
    void *context;
    char url[64];
};

struct loopback_upload {
    char body[LOOPBACK_BODY_MAX];
    size_t length;
};

static const char *loopback_header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value != NULL ? value : "";
}

static enum MHD_Result loopback_answer(struct loopback *server, struct MHD_Connection *connection,
                                       const char *method, const char *path, const char *body)
{
    const struct loopback_request request = {
        .method = method,
        .path = path,
        .body = body,
        .target = loopback_header(connection, "x-amz-target"),
        .authorization = loopback_header(connection, "authorization"),
        .token = loopback_header(connection, "x-amz-security-token"),
        .date = loopback_header(connection, "x-amz-date"),
        .attempt = loopback_header(connection, "amz-sdk-request"),
        .invocation = loopback_header(connection, "amz-sdk-invocation-id")};
    struct loopback_reply reply = server->reply(server->context, &request);
    if (reply.status == 0) {
        free(reply.body);
        return MHD_NO;
    }
    char *text = reply.body != NULL ? reply.body : xstrdup("{}");
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    free(text);
    (void)MHD_add_response_header(response, "x-amzn-RequestId", "request-1");
    if (reply.header != NULL) {
        (void)MHD_add_response_header(response, reply.header, reply.value);
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)reply.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result loopback_take(void *context, struct MHD_Connection *connection,
                                     const char *path, const char *method, const char *version,
                                     const char *data, size_t *size, void **own)
{
    (void)version;
    struct loopback_upload *upload = *own;
    if (upload == NULL) {
        *own = xcalloc(1, sizeof *upload);
        return MHD_YES;
    }
    if (*size > 0) {
        size_t space = sizeof upload->body - 1 - upload->length;
        size_t taken = *size < space ? *size : space;
        memcpy(upload->body + upload->length, data, taken);
        upload->length += taken;
        *size = 0;
        return MHD_YES;
    }
    return loopback_answer(context, connection, method, path, upload->body);
}

static void loopback_completed(void *context, struct MHD_Connection *connection, void **own,
                               enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*own);
    *own = NULL;
}

static void loopback_silent(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void loopback_silent(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

/* `reply` and `context` are set; key and certificate are PEM, NULL for plain HTTP. Ends the program
 * when no server starts. */
static void loopback_start(struct loopback *server, const char *key, const char *certificate)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
                                   {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    server->daemon = MHD_start_daemon(
        key != NULL ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, loopback_take, server,
        MHD_OPTION_EXTERNAL_LOGGER, loopback_silent, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        loopback_completed, NULL, MHD_OPTION_ARRAY, key != NULL ? tls : none, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)fputs("the test server does not start\n", stderr);
        exit(1);
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    (void)snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%u",
                   key != NULL ? "https" : "http", info->port);
}

static void loopback_stop(struct loopback *server)
{
    MHD_stop_daemon(server->daemon);
}

#endif
