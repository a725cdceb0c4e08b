/* The loop: hands open tasks to the client until none is left, and decides what each answer means:
 * kept, refused, or the end of the crawl. */
#include "crawl.h"

#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

/* Calls handed to the client at once: enough to keep many token buckets busy, small enough to stay
 * in memory. */
#define WINDOW 4096
#define REFILL 512
#define STEP_MS 200
#define PROGRESS_MS 100
#define COMMIT_MS 2000

struct task_in_flight { /* one task on its way */
    struct crawl *crawl;
    const struct collector *collector;
    struct question question;
    char text[]; /* account, region and target, each with its NUL */
};

/* The first failure inside a callback ends the crawl; later ones are echoes of it. */
static void crawl_fail(struct crawl *crawl, const struct err *err)
{
    if (!crawl->failed) {
        crawl->failed = true;
        crawl->err = *err;
    }
}

static int record_fact(const struct task_in_flight *p, const struct answer *a, int64_t *fact,
                       struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    sha256_hex(a->body != NULL ? a->body : "", a->body_length, digest);
    struct fact f = {.operation = p->collector->operation,
                     .account = p->question.account,
                     .region = p->question.region,
                     .target = p->question.target,
                     .request_id = a->request_id,
                     .wall_ms = a->wall_ms,
                     .digest = digest,
                     .bytes = a->body_length,
                     .http_status = a->http_status,
                     .attempts = a->attempts,
                     .throttles = a->throttles,
                     .page = a->page};
    return store_fact(p->crawl->store, &f, fact, err);
}

static int record_gap(const struct task_in_flight *p, const struct answer *a, const char *class,
                      const char *message, struct err *err)
{
    /* A task that stands for a whole account (its role, S3's global list) is missing in every
     * Region of it. */
    bool whole_account = a->op->reach == REACH_GLOBAL ||
                         strcmp(p->collector->operation, "sts:GetCallerIdentity") == 0;
    struct gap gap = {.operation = strcmp(p->collector->operation, "sts:GetCallerIdentity") == 0
                                       ? "sts:AssumeRole"
                                       : p->collector->operation,
                      .account = p->question.account,
                      .region = whole_account ? "" : p->question.region,
                      .target = p->question.target,
                      .class = class,
                      .code = a->code != NULL ? a->code : "",
                      .message = message,
                      .wall_ms = a->wall_ms,
                      .request_id = a->request_id != NULL ? a->request_id : ""};
    p->crawl->gaps++;
    /* Before the landing zone is known a collection error ends the scan, whose last line says it.
     */
    bool fatal = p->crawl->governed_count == 0;
    log_write(fatal ? LOG_INFO : LOG_WARN, "%s in %s%s%s: %s: %s %s", gap.operation, gap.account,
              *gap.region ? "/" : "", gap.region, class, gap.code, gap.message);
    return store_gap(p->crawl->store, &gap, err);
}

/* An absence has its API call, too. */
static int keep_absence(const struct answer_page *p, const char *kind, struct err *err)
{
    const struct question *q = p->question;
    json_t *nothing = json_object();
    int rc = crawl_keep(p, kind, q->account, q->region, q->target, nothing, err);
    json_decref(nothing);
    return rc;
}

/* A page that this collector cannot read is a collection error, and the rest of the crawl goes on.
 * 1, or -1 with err. */
static int answer_malformed(struct task_in_flight *p, const struct answer *a, struct err *err)
{
    struct err why = *err;
    if (record_gap(p, a, answer_class_name(ANSWER_MALFORMED), why.text, err) != 0 ||
        store_question_close(p->crawl->store, p->question.id, QUESTION_GAP, err) != 0) {
        return -1;
    }
    return 1;
}

/* What of a page is worth keeping, is kept. ERR_AWS when the page cannot be read. */
static int read_page(const struct task_in_flight *p, const struct answer_page *page,
                     struct err *err)
{
    const struct collector *c = p->collector;
    int rc = 0;
    p->crawl->reading = c;
    if (page->answer->class == ANSWER_NOT_FOUND && c->absent_kind != NULL) {
        rc = keep_absence(page, c->absent_kind, err);
    } else if (page->answer->class == ANSWER_OK && c->keep != NULL) {
        rc = c->keep(page, err);
    }
    p->crawl->reading = NULL;
    return rc;
}

/* 0; 1 when the task was closed as a collection error; -1 with err. */
static int answer_kept(struct task_in_flight *p, const struct answer *a, struct err *err)
{
    struct answer_page page = {.crawl = p->crawl, .question = &p->question, .answer = a, .fact = 0};
    if (record_fact(p, a, &page.fact, err) != 0) {
        return -1;
    }
    if (read_page(p, &page, err) != 0) {
        return err->code == ERR_AWS ? answer_malformed(p, a, err) : -1;
    }
    return a->last ? store_question_close(p->crawl->store, p->question.id, QUESTION_ANSWERED, err)
                   : 0;
}

/* Of a probe the refusal itself is remembered: it is an error only when nothing else answers. */
static void remember_probe(const struct task_in_flight *p, const struct answer *a)
{
    enum err_code code = a->class == ANSWER_NETWORK ? ERR_NETWORK : ERR_DENIED;
    /* A Region that is not switched on cannot hold what is looked for. */
    if (a->class != ANSWER_REGION_UNAVAILABLE) {
        (void)err_set(&p->crawl->probe, code, "%s in %s: %s %s", p->collector->operation,
                      p->question.region, a->code, a->message);
    }
}

static int answer_refused(struct task_in_flight *p, const struct answer *a, struct err *err)
{
    const struct collector *c = p->collector;
    int rc = 0;
    if (c->probe) {
        remember_probe(p, a);
    } else {
        rc = record_gap(p, a, answer_class_name(a->class), a->message != NULL ? a->message : "",
                        err);
    }
    if (rc == 0 && c->refused != NULL) {
        p->crawl->reading = c;
        rc = c->refused(p->crawl, &p->question, a, err);
        p->crawl->reading = NULL;
    }
    return rc == 0 ? store_question_close(p->crawl->store, p->question.id, QUESTION_GAP, err) : rc;
}

static bool interrupted(const struct crawl *crawl)
{
    return crawl->options->stop != NULL && *crawl->options->stop != 0;
}

/* Is the task asked with the caller's own credentials? Then a refusal of them means that nothing
 * else will be answered. */
static bool own_credentials(const struct task_in_flight *p)
{
    return p->collector->as_management || strcmp(p->question.account, p->crawl->management) == 0;
}

static void refuse_credentials(struct crawl *crawl, const struct task_in_flight *p,
                               const struct answer *a)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_CREDENTIALS, "%s in %s %s: %s %s", p->collector->operation, a->account,
            a->region, a->code, a->message);
    crawl_fail(crawl, &err);
}

static void on_suspected(void *context, const struct answer *a, bool off)
{
    struct task_in_flight *p = context;
    struct crawl *crawl = p->crawl;
    struct err err = ERR_INIT;
    if (crawl->failed || interrupted(crawl)) {
        /* The task stays open. */
    } else if (!off) {
        refuse_credentials(crawl, p, a);
    } else if (p->question.id != 0 && answer_refused(p, a, &err) != 0) {
        crawl_fail(crawl, &err);
    }
    free(p);
}

/* Once the landing zone is known, the home Region can be asked what the refusal means. */
static bool may_be_off(const struct crawl *crawl, const struct answer *a)
{
    return a->class == ANSWER_BAD_CREDENTIALS && crawl->governed_count > 0 &&
           strcmp(a->region, crawl->home) != 0;
}

/* Refused credentials of the caller's own: the Region is switched off, or nothing else will be
 * answered. *suspected: the home Region is asked which, and on_suspected() goes on with `p`. */
static int answer_own_refused(struct task_in_flight *p, const struct answer *a, bool *suspected,
                              struct err *err)
{
    struct crawl *crawl = p->crawl;
    if (!may_be_off(crawl, a)) {
        refuse_credentials(crawl, p, a);
        return 0;
    }
    if (map_get(crawl->off, a->region) == NULL) {
        int rc = region_probe_ask(crawl, a, on_suspected, p, err);
        *suspected = rc == 0;
        return rc;
    }
    struct answer off = *a;
    off.class = ANSWER_REGION_UNAVAILABLE;
    return p->question.id != 0 ? answer_refused(p, &off, err) : 0;
}

static void on_answer(void *context, const struct answer *a)
{
    struct task_in_flight *p = context;
    struct crawl *crawl = p->crawl;
    struct err err = ERR_INIT;
    bool last = a->last;
    bool answered =
        a->class == ANSWER_OK || (a->class == ANSWER_NOT_FOUND && p->collector->absence_is_answer);
    bool own =
        a->class == ANSWER_EXPIRED || (a->class == ANSWER_BAD_CREDENTIALS && own_credentials(p));
    bool suspected = false;
    int rc = 0;
    if (crawl->failed || interrupted(crawl)) {
        /* The task stays open: a resumed run asks it again. */
        rc = 0;
    } else if (own && !answered) {
        rc = answer_own_refused(p, a, &suspected, &err);
    } else if (p->question.id != 0) {
        rc = answered ? answer_kept(p, a, &err) : answer_refused(p, a, &err);
    }
    if (rc == 1) {
        p->question.id = 0; /* closed as a collection error: what else arrives of it is ignored */
    } else if (rc != 0) {
        crawl_fail(crawl, &err);
    }
    if (last && !suspected) {
        free(p);
    }
}

static struct task_in_flight *pending_new(struct crawl *crawl, const struct collector *collector,
                                          const struct question *q)
{
    size_t account = strlen(q->account) + 1, region = strlen(q->region) + 1,
           target = strlen(q->target) + 1;
    struct task_in_flight *p = xcalloc(1, sizeof *p + account + region + target);
    memcpy(p->text, q->account, account);
    memcpy(p->text + account, q->region, region);
    memcpy(p->text + account + region, q->target, target);
    p->crawl = crawl;
    p->collector = collector;
    p->question = (struct question){.id = q->id,
                                    .collector = collector->operation,
                                    .account = p->text,
                                    .region = p->text + account,
                                    .target = p->text + account + region};
    return p;
}

/* The largest page AWS allows: fewer calls, and EC2 answers unpaged lists from a smaller bucket. */
static json_t *input_of(const struct collector *c, const struct op *op, const struct question *q)
{
    json_t *input = c->input != NULL ? c->input(q) : json_object();
    if (c->target != NULL) {
        jx_set_str(input, c->target, q->target);
    }
    for (size_t i = 0; i < WITH_MAX && c->with[i][0] != NULL; i++) {
        jx_set_str(input, c->with[i][0], c->with[i][1]);
    }
    if (op->limit != NULL && op->limit_max > 0) {
        json_object_set_new(input, op->limit, json_integer(op->limit_max));
    }
    return input;
}

static int send_question(void *context, const struct question *q)
{
    struct crawl *crawl = context;
    struct err *err = &crawl->err;
    const struct collector *collector = collector_find(q->collector);
    const struct op *op = collector != NULL ? op_parse(q->collector) : NULL;
    if (op == NULL) {
        return err_set(err, ERR_INPUT,
                       "the run contains the operation %s, which this version does not know",
                       q->collector);
    }
    struct task_in_flight *p = pending_new(crawl, collector, q);
    struct aws_call call = {.op = op,
                            .account = collector->as_management ? NULL : p->question.account,
                            .region = p->question.region,
                            .input = input_of(collector, op, &p->question),
                            .raw = collector->raw,
                            .done = on_answer,
                            .context = p};
    if (aws_call(crawl->client, &call, err) != 0) {
        free(p);
        return -1;
    }
    crawl->cursor = q->id;
    return 0;
}

static void tell(struct crawl *crawl, bool now)
{
    const struct collect_options *o = crawl->options;
    int64_t ms = clock_monotonic_ms(NULL);
    if (o->progress == NULL || (!now && ms - crawl->last_progress_ms < PROGRESS_MS)) {
        return;
    }
    crawl->last_progress_ms = ms;
    struct collect_progress progress = {.phase = crawl->reads, .gaps = crawl->gaps};
    int64_t open = store_question_count(crawl->store, QUESTION_OPEN);
    progress.questions_done = store_question_count(crawl->store, QUESTION_ANSWERED) +
                              store_question_count(crawl->store, QUESTION_GAP);
    progress.questions_total = progress.questions_done + open;
    progress.accounts = store_count_entities(crawl->store, "account");
    aws_client_counters(crawl->client, &progress.calls);
    o->progress(o->context, &progress);
}

/* Hands open tasks over until the window is full. */
static int refill(struct crawl *crawl, bool *more)
{
    *more = true;
    while (!crawl->failed && aws_client_pending(crawl->client) < WINDOW) {
        struct err err = ERR_INIT;
        int64_t before = crawl->cursor;
        int count =
            store_open_questions(crawl->store, crawl->cursor, REFILL, send_question, crawl, &err);
        bool refused = crawl->err.code != ERR_NONE; /* by send_question() */
        if (count < 0 || refused) {
            crawl_fail(crawl, refused ? &crawl->err : &err);
            return -1;
        }
        if (count == 0 || crawl->cursor == before) {
            *more = false;
            return 0;
        }
    }
    return 0;
}

/* Waits for calls in flight without keeping their answers, so that no callback outlives the crawl.
 */
static void wind_down(struct crawl *crawl)
{
    struct err ignored = ERR_INIT;
    if (aws_client_pending(crawl->client) > 0) {
        aws_client_interrupt(crawl->client);
    }
    while (aws_client_pending(crawl->client) > 0 &&
           aws_client_step(crawl->client, STEP_MS, &ignored) == 0) {
    }
}

/* One turn of the client's loop, and what is due beside it. */
static int turn(struct crawl *crawl, struct err *err)
{
    if (aws_client_step(crawl->client, STEP_MS, err) != 0) {
        return -1;
    }
    tell(crawl, false);
    int64_t ms = clock_monotonic_ms(NULL);
    if (ms - crawl->last_commit_ms <= COMMIT_MS) {
        return 0;
    }
    crawl->last_commit_ms = ms;
    return store_commit(crawl->store, err);
}

int crawl_drain(struct crawl *crawl, const char *reads, struct err *err)
{
    bool more = true;
    crawl->reads = reads;
    crawl->cursor = 0;
    while (!crawl->failed && !interrupted(crawl) && refill(crawl, &more) == 0 && !crawl->failed &&
           (more || aws_client_pending(crawl->client) > 0)) {
        struct err step = ERR_INIT;
        if (turn(crawl, &step) != 0) {
            crawl_fail(crawl, &step);
        }
    }
    wind_down(crawl);
    struct err commit = ERR_INIT;
    int rc = store_commit(crawl->store, &commit);
    if (crawl->failed || rc != 0) {
        *err = crawl->failed ? crawl->err : commit;
        return -1;
    }
    tell(crawl, true);
    return interrupted(crawl) ? err_set(err, ERR_INTERRUPTED, "interrupted while reading %s", reads)
                              : 0;
}
