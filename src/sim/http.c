#include "core.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define CONNECTIONS_MAX 4096
#define IDLE_SECONDS 120
/* MHD clears as much after every request: what AWS clients send needs a few KiB. */
#define HEADER_MEMORY (32U * 1024U)

/* One request on its way; MHD's per-request context. */
struct http_request {
    struct server *server;
    struct MHD_Connection *connection;
    struct sim_request request;
    struct sim_response response;
    bool started; /* MHD has shown the headers */
    bool too_long;
    bool answered; /* the response is made, and waits for its time */
    int64_t due_ms;
};

struct server {
    struct sim *sim;
    struct MHD_Daemon *daemon;
    int latency_ms;
    struct http_request **waiting; /* suspended, a heap by due time */
    size_t count, size;
    struct http_request **held; /* suspended until a test releases them */
    size_t held_count, held_size;
};

/* --- suspended answers --- */

static void swap(struct http_request **a, struct http_request **b)
{
    struct http_request *kept = *a;
    *a = *b;
    *b = kept;
}

static void wait_push(struct server *s, struct http_request *p)
{
    if (s->count == s->size) {
        s->size = s->size == 0 ? 256 : s->size * 2;
        s->waiting = xreallocarray(s->waiting, s->size, sizeof *s->waiting);
    }
    size_t at = s->count++;
    s->waiting[at] = p;
    while (at > 0 && s->waiting[at]->due_ms < s->waiting[(at - 1) / 2]->due_ms) {
        swap(&s->waiting[at], &s->waiting[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct http_request *wait_pop(struct server *s)
{
    struct http_request *first = s->waiting[0];
    s->waiting[0] = s->waiting[--s->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->count; child++) {
            least = s->waiting[child]->due_ms < s->waiting[least]->due_ms ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(&s->waiting[at], &s->waiting[least]);
        at = least;
    }
}

static void wake_due(struct server *s)
{
    int64_t now = clock_monotonic_ms(NULL);
    while (s->count > 0 && s->waiting[0]->due_ms <= now) {
        MHD_resume_connection(wait_pop(s)->connection);
    }
}

static void hold_push(struct server *s, struct http_request *p)
{
    if (s->held_count == s->held_size) {
        s->held_size = s->held_size == 0 ? 16 : s->held_size * 2;
        s->held = xreallocarray(s->held, s->held_size, sizeof *s->held);
    }
    s->held[s->held_count++] = p;
    hold_count(p->response.hold, 1);
}

/* Sends what was released; everything when the server ends. */
static void let_go(struct server *s, bool everything)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->held_count; i++) {
        struct http_request *p = s->held[i];
        if (everything || hold_is_released(p->response.hold)) {
            hold_count(p->response.hold, -1);
            MHD_resume_connection(p->connection);
        } else {
            s->held[kept++] = p;
        }
    }
    s->held_count = kept;
}

/* --- requests --- */

/* Sees the request line before MHD decodes it: signatures need the raw bytes. */
static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_request *p = xcalloc(1, sizeof *p);
    const char *mark = strchr(uri, '?');
    p->server = context;
    p->connection = connection;
    p->request.target = xstrdup(uri);
    p->request.path = mark == NULL ? xstrdup(uri) : xstrndup(uri, (size_t)(mark - uri));
    p->request.query = xstrdup(mark == NULL ? "" : mark + 1);
    text_init(&p->request.body, SIM_BODY_MAX);
    return p;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct http_request *p = *slot;
    (void)context;
    (void)connection;
    (void)code;
    if (p != NULL) {
        sim_request_release(&p->request);
        sim_response_release(&p->response);
        free(p);
    }
    *slot = NULL;
}

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct sim_request *r = context;
    (void)kind;
    r->headers = xreallocarray(r->headers, r->header_count + 1, sizeof *r->headers);
    struct pair *h = &r->headers[r->header_count++];
    h->name = xstrdup(name);
    h->value = xstrdup(value == NULL ? "" : value);
    for (char *c = h->name; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return MHD_YES;
}

struct cut_body {
    char *data;
    size_t length;
};

static ssize_t cut_read(void *context, uint64_t position, char *buffer, size_t room)
{
    const struct cut_body *cut = context;
    if (position >= cut->length) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t left = cut->length - (size_t)position;
    left = left < room ? left : room;
    memcpy(buffer, cut->data + position, left);
    return (ssize_t)left;
}

static void cut_free(void *context)
{
    struct cut_body *cut = context;
    free(cut->data);
    free(cut);
}

static struct MHD_Response *make_response(struct sim_response *from)
{
    if (from->damage == DAMAGE_TRUNCATE && from->truncate_at < from->body.length) {
        size_t whole = from->body.length;
        struct cut_body *cut = xcalloc(1, sizeof *cut);
        cut->length = from->truncate_at;
        cut->data = text_take(&from->body);
        return MHD_create_response_from_callback(whole, 16384, cut_read, cut, cut_free);
    }
    size_t length = from->body.length;
    return MHD_create_response_from_buffer(length, text_take(&from->body), MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_response(struct MHD_Connection *connection, struct http_request *p)
{
    if (p->response.damage == DAMAGE_DROP) {
        return MHD_NO;
    }
    struct MHD_Response *response = make_response(&p->response);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(p->response.headers, name, value)
    {
        MHD_add_response_header(response, name, json_string_value(value));
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)p->response.status, response);
    MHD_destroy_response(response);
    return result;
}

static void too_long(struct sim_response *r)
{
    r->status = 413;
    text_add(&r->body, "{\"__type\":\"RequestEntityTooLargeException\",\"message\":\"The request "
                       "is longer than 1 MiB\"}");
    json_object_set_new(r->headers, "content-type", json_string("application/json"));
}

static enum MHD_Result finish(struct MHD_Connection *connection, struct http_request *p)
{
    sim_response_init(&p->response);
    if (p->too_long) {
        too_long(&p->response);
    } else {
        sim_exchange(p->server->sim, &p->request, &p->response);
    }
    p->answered = true;
    if (p->response.hold != NULL) {
        MHD_suspend_connection(connection);
        hold_push(p->server, p);
        return MHD_YES;
    }
    int wait_ms = p->server->latency_ms + p->response.delay_ms;
    if (wait_ms <= 0) {
        return send_response(connection, p);
    }
    p->due_ms = clock_monotonic_ms(NULL) + wait_ms;
    MHD_suspend_connection(connection);
    wait_push(p->server, p);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **slot)
{
    struct http_request *p = *slot;
    (void)context;
    (void)url;
    (void)version;
    if (!p->started) {
        p->started = true;
        snprintf(p->request.method, sizeof p->request.method, "%s", method);
        MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &p->request);
        return MHD_YES;
    }
    if (p->answered) {
        return send_response(connection, p);
    }
    if (*length > 0) {
        text_addn(&p->request.body, data, *length);
        p->too_long = p->too_long || text_failed(&p->request.body);
        *length = 0;
        return MHD_YES;
    }
    return finish(connection, p);
}

/* --- listening --- */

static int parse_listen(const char *listen, struct sockaddr_in *out, struct err *err)
{
    char host[64];
    const char *colon = strrchr(listen, ':');
    long long port = 0;
    if (colon == NULL || (size_t)(colon - listen) >= sizeof host ||
        !str_number(colon + 1, 0, 65535, &port)) {
        return err_set(err, ERR_INPUT,
                       "--listen %s: expected ADDRESS:PORT, for example 127.0.0.1:0", listen);
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - listen), listen);
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const char *address = str_equal(host, "localhost") ? "127.0.0.1" : host;
    if (inet_pton(AF_INET, address, &out->sin_addr) != 1 ||
        ntohl(out->sin_addr.s_addr) >> 24 != 127) {
        return err_set(err, ERR_INPUT,
                       "--listen %s: only loopback addresses (127.x.x.x) are served", listen);
    }
    return 0;
}

static struct MHD_Daemon *start(struct server *s, struct sockaddr_in *address, const char *key,
                                const char *cert)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert},
        {MHD_OPTION_END, 0, NULL},
    };
    if (key == NULL) {
        tls[0].option = MHD_OPTION_END;
    } else {
        flags |= MHD_USE_TLS;
    }
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)address,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MEMORY,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static int write_port(const char *path, unsigned port, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err) != 0) {
        return -1;
    }
    fprintf(out_file_stream(file), "%u\n", port);
    return out_file_commit(file, err);
}

/* How long poll() may sleep: until MHD or the next waiting answer needs us. */
static int sleep_ms(const struct server *s)
{
    unsigned long long mhd = 0;
    int64_t wait = 1000;
    if (MHD_get_timeout(s->daemon, &mhd) == MHD_YES && (int64_t)mhd < wait) {
        wait = (int64_t)mhd;
    }
    if (s->count > 0) {
        int64_t due = s->waiting[0]->due_ms - clock_monotonic_ms(NULL);
        due = due < 0 ? 0 : due;
        wait = due < wait ? due : wait;
    }
    return (int)wait;
}

static void loop(struct server *s, int signals)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[2] = {{info->epoll_fd, POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
        if (poll(fds, 2, sleep_ms(s)) < 0 && errno != EINTR) {
            return;
        }
        if ((fds[1].revents & POLLIN) != 0) {
            return;
        }
        wake_due(s);
        MHD_run(s->daemon);
        if (s->held_count > 0) {
            let_go(s, false);
        }
    }
}

int http_serve(struct sim *sim, const struct sim_options *options, struct err *err)
{
    struct server server = {.sim = sim, .latency_ms = options->latency_ms};
    struct sockaddr_in address;
    char *key = NULL, *cert = NULL;
    size_t length = 0;
    int rc = -1, signals = -1;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (parse_listen(options->listen, &address, err) != 0) {
        return -1;
    }
    if (options->tls_key != NULL &&
        (file_read(options->tls_key, SIM_BODY_MAX, &key, &length, err) != 0 ||
         file_read(options->tls_cert, SIM_BODY_MAX, &cert, &length, err) != 0)) {
        goto out;
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    server.daemon = start(&server, &address, key, cert);
    if (server.daemon == NULL || signals < 0) {
        err_set(err, ERR_IO, "cannot listen on %s: %s", options->listen, strerror(errno));
        goto out;
    }
    unsigned port = MHD_get_daemon_info(server.daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    if (options->port_file == NULL) {
        log_write(LOG_INFO, "listening on port %u", port);
    } else if (write_port(options->port_file, port, err) != 0) {
        goto out;
    }
    loop(&server, signals);
    rc = 0;
out:
    let_go(&server, true);
    while (server.count > 0) {
        MHD_resume_connection(wait_pop(&server)->connection);
    }
    if (server.daemon != NULL) {
        MHD_stop_daemon(server.daemon);
    }
    if (signals >= 0) {
        close(signals);
    }
    free(server.waiting);
    free(server.held);
    free(key);
    free(cert);
    return rc;
}
