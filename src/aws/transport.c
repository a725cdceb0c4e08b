#include "transport.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"

#define URL_MAX_BYTES ((size_t)96 * 1024)
#define HEADERS_MAX_BYTES ((size_t)32 * 1024)
/* The largest buffer that an idle exchange keeps. */
#define KEPT_BYTES ((size_t)256 * 1024)

struct transport {
    CURLM *multi;
    CURLSH *share;
    struct transport_options options;
    char *ca_bundle;
    struct exchange *idle, *all;
    int count, in_flight;
    unsigned long long connections;
};

static void keep_header(char *to, size_t size, const char *value, size_t length)
{
    struct text clean;
    text_init(&clean, size * 4);
    text_add_printable(&clean, value, length < size ? length : size - 1);
    (void)snprintf(to, size, "%s", text_str(&clean));
    text_release(&clean);
}

static size_t on_header(char *data, size_t unit, size_t count, void *context)
{
    struct exchange *x = context;
    struct exchange_answer *a = &x->answer;
    const struct {
        const char *name;
        char *to;
        size_t size;
    } kept[] = {
        {"x-amzn-requestid", a->request_id, sizeof a->request_id},
        {"x-amz-request-id", a->request_id, sizeof a->request_id},
        {"x-amzn-errortype", a->error_type, sizeof a->error_type},
        {"date", a->date, sizeof a->date},
        {"retry-after", a->retry_after, sizeof a->retry_after},
        {"x-amz-retry-after", a->amz_retry_after, sizeof a->amz_retry_after},
    };
    size_t length = unit * count;
    const char *colon = memchr(data, ':', length);
    if (colon == NULL) {
        return length;
    }
    size_t name_length = (size_t)(colon - data);
    const char *value = colon + 1;
    const char *end = data + length;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ')) {
        end--;
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strlen(kept[i].name) == name_length &&
            strncasecmp(kept[i].name, data, name_length) == 0) {
            keep_header(kept[i].to, kept[i].size, value, (size_t)(end - value));
        }
    }
    return length;
}

static size_t on_body(char *data, size_t unit, size_t count, void *context)
{
    struct exchange *x = context;
    size_t length = unit * count;
    if (length > x->body_ceiling - x->answer.body.length) {
        x->answer.too_large = true;
        return 0;
    }
    text_addn(&x->answer.body, data, length);
    return length;
}

static void set_trust(const struct transport *t, CURL *easy)
{
    const char *bundle = t->ca_bundle;
    if (bundle == NULL) {
        bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
    }
    if (bundle == NULL) {
        return; /* libcurl uses a directory, or the store of the platform */
    }
    /* A CAPATH, which some distributions build in, turns libcurl's cache of the bundle off. */
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, bundle);
}

static struct exchange *exchange_new(struct transport *t)
{
    struct exchange *x = xcalloc(1, sizeof *x);
    x->easy = curl_easy_init();
    if (x->easy == NULL) {
        free(x);
        return NULL;
    }
    x->body_ceiling = t->options.body_ceiling;
    text_init(&x->url, URL_MAX_BYTES);
    text_init(&x->headers, HEADERS_MAX_BYTES);
    text_init(&x->answer.body, t->options.body_ceiling + 1);
    request_init(&x->request);
    CURL *easy = x->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SHARE, t->share);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "towerkeep/" TOWERKEEP_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->options.connect_timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)t->options.total_timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->detail);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    set_trust(t, easy);
    x->older = t->all;
    t->all = x;
    t->count++;
    return x;
}

static void text_wipe(struct text *t)
{
    if (t->data != NULL) {
        OPENSSL_cleanse(t->data, t->size);
    }
    text_release(t);
}

static void exchange_free(struct exchange *x)
{
    curl_easy_cleanup(x->easy);
    text_release(&x->url);
    text_wipe(&x->headers);
    text_wipe(&x->answer.body);
    request_release(&x->request);
    free(x);
}

int transport_new(const struct transport_options *options, struct transport **out, struct err *err)
{
    if (options->ca_bundle != NULL && !file_exists(options->ca_bundle)) {
        return err_set(err, ERR_INPUT, "%s: the CA bundle cannot be read", options->ca_bundle);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return err_set(err, ERR_INTERNAL, "libcurl cannot be initialized");
    }
    struct transport *t = xcalloc(1, sizeof *t);
    t->options = *options;
    t->ca_bundle = xstrdup(options->ca_bundle);
    t->options.ca_bundle = NULL;
    t->multi = curl_multi_init();
    t->share = curl_share_init();
    if (t->multi == NULL || t->share == NULL) {
        transport_free(t);
        return err_set(err, ERR_INTERNAL, "libcurl cannot be initialized");
    }
    (void)curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    (void)curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)options->max_in_flight + 64);
    *out = t;
    return 0;
}

void transport_free(struct transport *t)
{
    if (t == NULL) {
        return;
    }
    transport_abort_all(t);
    while (t->all != NULL) {
        struct exchange *x = t->all;
        t->all = x->older;
        exchange_free(x);
    }
    if (t->multi != NULL) {
        (void)curl_multi_cleanup(t->multi);
    }
    if (t->share != NULL) {
        (void)curl_share_cleanup(t->share);
    }
    free(t->ca_bundle);
    free(t);
    curl_global_cleanup();
}

bool transport_full(const struct transport *t)
{
    return t->idle == NULL && t->count >= t->options.max_in_flight;
}

struct exchange *transport_borrow(struct transport *t)
{
    struct exchange *x = t->idle;
    if (x != NULL) {
        t->idle = x->next;
    } else {
        x = t->count < t->options.max_in_flight ? exchange_new(t) : NULL;
    }
    if (x == NULL) {
        return NULL;
    }
    x->next = NULL;
    x->owner = NULL;
    x->result = CURLE_OK;
    x->sent = false;
    x->write = false;
    x->detail[0] = '\0';
    text_clear(&x->url);
    text_clear(&x->headers);
    text_clear(&x->request.path);
    text_clear(&x->request.query);
    text_clear(&x->request.body);
    x->request.content_type[0] = '\0';
    x->request.target[0] = '\0';
    x->request.checksum[0] = '\0';
    text_clear(&x->answer.body);
    x->answer.status = 0;
    x->answer.too_large = false;
    x->answer.request_id[0] = '\0';
    x->answer.error_type[0] = '\0';
    x->answer.date[0] = '\0';
    x->answer.retry_after[0] = '\0';
    x->answer.amz_retry_after[0] = '\0';
    return x;
}

/* libcurl reads the list and copies nothing, so the nodes can be members of the exchange. */
static int link_headers(struct exchange *x)
{
    size_t count = 0;
    for (size_t at = 0; at < x->headers.length; at += strlen(x->headers.data + at) + 1) {
        if (count == EXCHANGE_HEADERS_MAX) {
            return -1;
        }
        x->nodes[count].data = x->headers.data + at;
        x->nodes[count].next = NULL;
        if (count > 0) {
            x->nodes[count - 1].next = &x->nodes[count];
        }
        count++;
    }
    return count > 0 ? 0 : -1;
}

static void set_method(const struct exchange *x)
{
    CURL *easy = x->easy;
    const struct text *body = &x->request.body;
    bool get = strcmp(x->method, "GET") == 0;
    bool bodied =
        body->length > 0 || strcmp(x->method, "POST") == 0 || strcmp(x->method, "PUT") == 0;
    (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (bodied) {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->length);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text_str(body));
    }
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, get && !bodied ? NULL : x->method);
}

int transport_send(struct transport *t, struct exchange *x, struct err *err)
{
    if (text_failed(&x->url) || text_failed(&x->headers) || link_headers(x) != 0) {
        return err_set(err, ERR_INTERNAL, "the request's URL or headers are too long");
    }
    set_method(x);
    (void)curl_easy_setopt(x->easy, CURLOPT_URL, text_str(&x->url));
    (void)curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->nodes);
    (void)curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, x->write ? 1L : 0L);
    CURLMcode code = curl_multi_add_handle(t->multi, x->easy);
    if (code != CURLM_OK) {
        return err_set(err, ERR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
    }
    x->active = true;
    t->in_flight++;
    return 0;
}

int transport_run(struct transport *t, int timeout_ms, struct err *err)
{
    int running = 0;
    CURLMcode code = curl_multi_perform(t->multi, &running);
    if (code == CURLM_OK && running == t->in_flight && timeout_ms > 0) {
        code = curl_multi_poll(t->multi, NULL, 0, timeout_ms, NULL);
        if (code == CURLM_OK) {
            code = curl_multi_perform(t->multi, &running);
        }
    }
    if (code != CURLM_OK) {
        return err_set(err, ERR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
    }
    return 0;
}

void transport_note_sent(struct exchange *x)
{
    long request_bytes = 0;
    (void)curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    x->sent = request_bytes > 0;
}

static void detach(struct transport *t, struct exchange *x)
{
    long opened = 0;
    (void)curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &opened);
    t->connections += opened > 0 ? (unsigned long long)opened : 0;
    (void)curl_multi_remove_handle(t->multi, x->easy);
    x->active = false;
    t->in_flight--;
}

struct exchange *transport_finished(struct transport *t)
{
    int left = 0;
    const CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(t->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        struct exchange *x = NULL;
        CURLcode result = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        long status = 0;
        (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        x->answer.status = (int)status;
        x->result = result;
        transport_note_sent(x);
        detach(t, x);
        return x;
    }
    return NULL;
}

void transport_recycle(struct transport *t, struct exchange *x)
{
    if (x->answer.body.size > KEPT_BYTES) {
        text_release(&x->answer.body);
        text_init(&x->answer.body, t->options.body_ceiling + 1);
    }
    x->next = t->idle;
    t->idle = x;
}

void transport_wipe(struct exchange *x)
{
    if (x->answer.body.data != NULL) {
        OPENSSL_cleanse(x->answer.body.data, x->answer.body.size);
    }
    text_clear(&x->answer.body);
}

void transport_abort_all(struct transport *t)
{
    for (struct exchange *x = t->all; x != NULL; x = x->older) {
        if (x->active) {
            detach(t, x);
            transport_recycle(t, x);
        }
    }
}

struct exchange *transport_next_active(const struct transport *t, const struct exchange *after)
{
    struct exchange *x = after == NULL ? t->all : after->older;
    while (x != NULL && !x->active) {
        x = x->older;
    }
    return x;
}

unsigned long long transport_connections(const struct transport *t)
{
    return t->connections;
}

bool transport_hopeless(CURLcode result)
{
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return true;
    default:
        return false;
    }
}

void transport_describe(const struct transport *t, const struct exchange *x, const char *host,
                        char *out, size_t size)
{
    static const struct {
        CURLcode result;
        const char *words; /* takes the host */
    } known[] = {
        {CURLE_COULDNT_RESOLVE_HOST, "cannot resolve the name of"},
        {CURLE_COULDNT_RESOLVE_PROXY, "cannot resolve the name of the proxy towards"},
        {CURLE_COULDNT_CONNECT, "cannot connect to"},
        {CURLE_PROXY, "the proxy refused to connect to"},
        {CURLE_PEER_FAILED_VERIFICATION,
         "TLS: not trusted (AWS_CA_BUNDLE names other authorities): the certificate of"},
        {CURLE_SSL_CACERT_BADFILE, "TLS: the CA bundle cannot be read, needed for"},
        {CURLE_SSL_CONNECT_ERROR, "TLS handshake failed with"},
        {CURLE_GOT_NOTHING, "connection closed without an answer by"},
        {CURLE_RECV_ERROR, "connection lost to"},
        {CURLE_SEND_ERROR, "connection lost to"},
        {CURLE_PARTIAL_FILE, "connection lost in the middle of an answer from"},
    };
    struct text line;
    text_init(&line, 2048);
    if (x->result == CURLE_OPERATION_TIMEDOUT) {
        text_addf(&line, "no answer within %d ms (connect: %d ms) from %s",
                  t->options.total_timeout_ms, t->options.connect_timeout_ms, host);
    } else {
        const char *words = "no answer from";
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            words = known[i].result == x->result ? known[i].words : words;
        }
        text_addf(&line, "%s %s", words, host);
    }
    const char *detail = x->detail[0] != '\0' ? x->detail : curl_easy_strerror(x->result);
    text_add(&line, ": ");
    text_add_printable(&line, detail, strlen(detail));
    if (x->write && x->sent) {
        text_add(&line, "; the request was sent and may have taken effect");
    }
    (void)snprintf(out, size, "%s", text_str(&line));
    text_release(&line);
}
