/*
 * HTTP over libcurl multi: one loop, no threads, connections and easy handles reused. It knows of
 * AWS only the names of the answer's headers that are kept.
 */
#ifndef TOWERKEEP_AWS_TRANSPORT_H
#define TOWERKEEP_AWS_TRANSPORT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/message.h"
#include "base/err.h"
#include "base/text.h"

#define EXCHANGE_HEADERS_MAX 16

struct exchange_answer {
    int status; /* 0: no answer */
    struct text body;
    char request_id[128], error_type[128], date[40], retry_after[24], amz_retry_after[24];
    bool too_large; /* the body exceeds the limit and is cut off */
};

/* One request and its answer; borrowed from the transport, given back with transport_recycle. */
struct exchange {
    void *owner;       /* the caller's, untouched */
    int64_t signed_ms; /* the caller's too: the time the request claims */
    const char *method;
    struct text url, headers; /* headers: "name: value" lines, each ended by a NUL */
    struct request request;   /* its body is what is sent */
    bool write; /* goes over a connection of its own: libcurl silently repeats on reused ones */
    struct exchange_answer answer;
    CURLcode result;
    bool sent; /* any byte of the request was sent */
    /* the transport's own */
    CURL *easy;
    struct curl_slist nodes[EXCHANGE_HEADERS_MAX];
    char detail[CURL_ERROR_SIZE];
    size_t body_ceiling;
    bool active;
    struct exchange *next;  /* among the idle */
    struct exchange *older; /* among all */
};

struct transport_options {
    const char *ca_bundle; /* NULL: libcurl's own */
    int connect_timeout_ms, total_timeout_ms;
    size_t body_ceiling;
    int max_in_flight;
};

struct transport;
int transport_new(const struct transport_options *options, struct transport **out, struct err *err);
void transport_free(struct transport *t);
struct exchange *
transport_borrow(struct transport *t); /* emptied; NULL when max_in_flight are out */
bool transport_full(const struct transport *t);
int transport_send(struct transport *t, struct exchange *x, struct err *err);
/* Transfers data; waits at most timeout_ms when there is none. */
int transport_run(struct transport *t, int timeout_ms, struct err *err);
struct exchange *
transport_finished(struct transport *t); /* the next answered one, NULL when none */
void transport_recycle(struct transport *t, struct exchange *x);
void transport_wipe(struct exchange *x); /* the body of an answer that held keys */
void transport_abort_all(struct transport *t);
/* Iterates over the requests in flight; start with NULL. */
struct exchange *transport_next_active(const struct transport *t, const struct exchange *after);
void transport_note_sent(struct exchange *x);
unsigned long long transport_connections(const struct transport *t);

/* One line that describes a network failure of `host`. For a write that was sent it says that it
 * may have taken effect. */
void transport_describe(const struct transport *t, const struct exchange *x, const char *host,
                        char *out, size_t size);
bool transport_hopeless(CURLcode result);

#endif
