#include "crawl.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

/* Calls handed to the client at once: enough to keep many token buckets busy, small enough to stay
 * in memory. */
#define WINDOW 4096
#define REFILL 512
#define STEP_MS 200
#define PROGRESS_MS 100
#define COMMIT_MS 2000

struct task_in_flight { /* one question on its way */
    struct crawl *crawl;
    const struct collector *collector;
    struct question question;
    char text[]; /* account, region and target, each with its NUL */
};

static const struct collector *const tables[] = {
    organization_collectors, landing_zone_collectors, key_collectors,        backup_collectors,
    account_collectors,      inventory_collectors,    protection_collectors, job_collectors,
    control_collectors,      role_collectors,         policy_collectors,     product_collectors,
};

const struct collector *collector_find(const char *operation)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (const struct collector *c = tables[t]; c->operation; c++) {
            if (strcmp(c->operation, operation) == 0) {
                return c;
            }
        }
    }
    return NULL;
}

const char *const *collect_operations(void)
{
    static const char *names[128];
    size_t count = 0;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (const struct collector *c = tables[t]; c->operation; c++) {
            names[count++] = c->operation;
        }
    }
    names[count++] = "sts:AssumeRole";
    names[count] = NULL;
    return names;
}

bool collect_asks_members(const char *operation)
{
    const struct collector *collector = collector_find(operation);
    return collector && !collector->as_management;
}

const char *arn_tail(const char *arn)
{
    const char *slash = arn ? strrchr(arn, '/') : NULL;
    return slash ? slash + 1 : arn;
}

static bool listed(const char *const *list, const char *word)
{
    for (; list && *list; list++) {
        if (strcmp(*list, word) == 0) {
            return true;
        }
    }
    return false;
}

bool crawl_wants_account(const struct crawl *crawl, const char *account)
{
    const struct collect_options *o = crawl->options;
    return (!o->accounts || listed(o->accounts, account)) && !listed(o->excluded_accounts, account);
}

bool crawl_wants_region(const struct crawl *crawl, const char *region)
{
    const struct collect_options *o = crawl->options;
    return (!o->regions || listed(o->regions, region)) && !listed(o->excluded_regions, region);
}

bool crawl_governs(const struct crawl *crawl, const char *region)
{
    for (size_t i = 0; i < crawl->governed_count; i++) {
        if (strcmp(crawl->governed[i], region) == 0) {
            return true;
        }
    }
    return false;
}

int crawl_ask(struct crawl *crawl, const char *operation, const char *account, const char *region,
              const char *target, struct err *err)
{
    return store_ask(crawl->store, operation, account, region, target, err) < 0 ? -1 : 0;
}

int crawl_keep(const struct answer_page *p, const char *kind, const char *account,
               const char *region, const char *key, const json_t *document, struct err *err)
{
    char *json = json_dumps(document, JSON_COMPACT);
    if (!json) {
        return err_set(err, ERR_INTERNAL, "%s: an answer could not be written as JSON",
                       p->question->collector);
    }
    struct entity entity = {.kind = kind,
                            .account = account,
                            .region = region,
                            .key = key,
                            .json = json,
                            .json_length = strlen(json),
                            .fact = p->fact};
    int rc = store_entity(p->crawl->store, &entity, err);
    free(json);
    return rc;
}

int crawl_keep_list(const struct answer_page *p, const char *path, const char *kind,
                    const char *account, const char *region, const char *key_member,
                    struct err *err)
{
    const json_t *list = jx_get(p->answer->json, path);
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        const char *key = jx_str(row, key_member);
        if (!key) {
            return err_set(err, ERR_AWS, "an element of %s has no %s", path, key_member);
        }
        if (crawl_keep(p, kind, account, region, key, row, err)) {
            return -1;
        }
    }
    return 0;
}

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
    sha256_hex(a->body ? a->body : "", a->body_length, digest);
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
    /* A question that stands for a whole account (reach, S3's global list) hides every Region of
     * it. */
    bool whole_account = a->op->reach == REACH_GLOBAL ||
                         strcmp(p->collector->operation, "sts:GetCallerIdentity") == 0;
    struct gap gap = {.operation = strcmp(p->collector->operation, "sts:GetCallerIdentity") == 0
                                       ? "sts:AssumeRole"
                                       : p->collector->operation,
                      .account = p->question.account,
                      .region = whole_account ? "" : p->question.region,
                      .target = p->question.target,
                      .class = class,
                      .code = a->code ? a->code : "",
                      .message = message,
                      .wall_ms = a->wall_ms,
                      .request_id = a->request_id ? a->request_id : ""};
    p->crawl->gaps++;
    /* Before the landing zone is known a gap ends the scan, whose last line tells it. */
    bool fatal = p->crawl->governed_count == 0;
    log_write(fatal ? LOG_INFO : LOG_WARN, "%s in %s%s%s: %s: %s %s", gap.operation, gap.account,
              *gap.region ? "/" : "", gap.region, class, gap.code, gap.message);
    return store_gap(p->crawl->store, &gap, err);
}

/* What is not there has its fact, too. */
static int keep_absence(const struct answer_page *p, const char *kind, struct err *err)
{
    const struct question *q = p->question;
    json_t *nothing = json_object();
    int rc = crawl_keep(p, kind, q->account, q->region, q->target, nothing, err);
    json_decref(nothing);
    return rc;
}

static int answer_kept(struct task_in_flight *p, const struct answer *a, struct err *err)
{
    struct answer_page page = {.crawl = p->crawl, .question = &p->question, .answer = a, .fact = 0};
    if (record_fact(p, a, &page.fact, err)) {
        return -1;
    }
    if (a->class == ANSWER_NOT_FOUND && p->collector->absent_kind &&
        keep_absence(&page, p->collector->absent_kind, err)) {
        return -1;
    }
    if (a->class == ANSWER_OK && p->collector->keep && p->collector->keep(&page, err)) {
        if (err->code != ERR_AWS) {
            return -1;
        }
        /* AWS sent something this collector cannot read: that is a gap, and the rest of the crawl
         * goes on. */
        struct err why = *err;
        return record_gap(p, a, answer_class_name(ANSWER_MALFORMED), why.text, err) ||
                       store_question_close(p->crawl->store, p->question.id, QUESTION_GAP, err)
                   ? -1
                   : 1;
    }
    if (a->last) {
        return store_question_close(p->crawl->store, p->question.id, QUESTION_ANSWERED, err);
    }
    return 0;
}

static int answer_refused(struct task_in_flight *p, const struct answer *a, struct err *err)
{
    if (p->collector->probe) {
        enum err_code code = a->class == ANSWER_NETWORK ? ERR_NETWORK : ERR_DENIED;
        /* A Region that is not switched on cannot hold what is looked for. */
        if (a->class != ANSWER_REGION_UNAVAILABLE) {
            err_set(&p->crawl->probe, code, "%s in %s: %s %s", p->collector->operation,
                    p->question.region, a->code, a->message);
        }
        if (p->collector->refused && p->collector->refused(p->crawl, &p->question, a, err)) {
            return -1;
        }
        return store_question_close(p->crawl->store, p->question.id, QUESTION_GAP, err);
    }
    if (record_gap(p, a, answer_class_name(a->class), a->message ? a->message : "", err)) {
        return -1;
    }
    if (p->collector->refused && p->collector->refused(p->crawl, &p->question, a, err)) {
        return -1;
    }
    return store_question_close(p->crawl->store, p->question.id, QUESTION_GAP, err);
}

static bool interrupted(const struct crawl *crawl)
{
    return crawl->options->stop && *crawl->options->stop;
}

/* Is the question asked as the caller itself? Then refused credentials mean that nothing else will
 * be answered. */
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
        /* The question stays open. */
    } else if (!off) {
        refuse_credentials(crawl, p, a);
    } else if (p->question.id && answer_refused(p, a, &err)) {
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

static void on_answer(void *context, const struct answer *a)
{
    struct task_in_flight *p = context;
    struct crawl *crawl = p->crawl;
    struct err err = ERR_INIT;
    int rc = 0;
    if (crawl->failed || interrupted(crawl)) {
        /* The question stays open: a resumed run asks it again. */
        rc = 0;
    } else if (a->class == ANSWER_OK ||
               (a->class == ANSWER_NOT_FOUND && p->collector->absence_is_answer)) {
        rc = p->question.id ? answer_kept(p, a, &err) : 0;
        if (rc == 1) {
            p->question.id = 0; /* closed as a gap: what else arrives of it is ignored */
            rc = 0;
        }
    } else if (a->class == ANSWER_EXPIRED ||
               (a->class == ANSWER_BAD_CREDENTIALS && own_credentials(p))) {
        bool known_off = may_be_off(crawl, a) && map_get(crawl->off, a->region);
        if (known_off) {
            struct answer off = *a;
            off.class = ANSWER_REGION_UNAVAILABLE;
            rc = p->question.id ? answer_refused(p, &off, &err) : 0;
        } else if (may_be_off(crawl, a)) {
            rc = region_probe_ask(crawl, a, on_suspected, p, &err);
            if (rc == 0) {
                return; /* p is on_suspected's now */
            }
        } else {
            refuse_credentials(crawl, p, a);
        }
    } else if (p->question.id) {
        rc = answer_refused(p, a, &err);
    }
    if (rc) {
        crawl_fail(crawl, &err);
    }
    if (a->last) {
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
static json_t *word_input(struct crawl *crawl, const struct collector *collector,
                          const struct op *op, const struct question *q)
{
    json_t *input = collector->input ? collector->input(crawl, q) : json_object();
    if (op->limit && op->limit_max > 0) {
        json_object_set_new(input, op->limit, json_integer(op->limit_max));
    }
    return input;
}

static int send_question(void *context, const struct question *q)
{
    struct crawl *crawl = context;
    struct err *err = &crawl->err;
    const struct collector *collector = collector_find(q->collector);
    const struct op *op = collector ? op_parse(q->collector) : NULL;
    if (!op) {
        return err_set(err, ERR_INPUT, "the run asks %s, which this version does not know",
                       q->collector);
    }
    struct task_in_flight *p = pending_new(crawl, collector, q);
    struct aws_call call = {.op = op,
                            .account = collector->as_management ? NULL : p->question.account,
                            .region = p->question.region,
                            .input = word_input(crawl, collector, op, &p->question),
                            .raw = collector->raw,
                            .done = on_answer,
                            .context = p};
    if (aws_call(crawl->client, &call, err)) {
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
    if (!o->progress || (!now && ms - crawl->last_progress_ms < PROGRESS_MS)) {
        return;
    }
    crawl->last_progress_ms = ms;
    struct collect_progress progress = {.phase = crawl->phase, .gaps = crawl->gaps};
    int64_t open = store_question_count(crawl->store, QUESTION_OPEN);
    progress.questions_done = store_question_count(crawl->store, QUESTION_ANSWERED) +
                              store_question_count(crawl->store, QUESTION_GAP);
    progress.questions_total = progress.questions_done + open;
    progress.accounts = store_count_entities(crawl->store, "account");
    aws_client_counters(crawl->client, &progress.calls);
    o->progress(o->context, &progress);
}

/* Hands open questions over until the window is full. */
static int refill(struct crawl *crawl, bool *more)
{
    *more = true;
    while (!crawl->failed && aws_client_pending(crawl->client) < WINDOW) {
        struct err err = ERR_INIT;
        int64_t before = crawl->cursor;
        int count =
            store_open_questions(crawl->store, crawl->cursor, REFILL, send_question, crawl, &err);
        if (count < 0) {
            crawl_fail(crawl, crawl->err.code ? &crawl->err : &err);
            return -1;
        }
        if (count == 0 || crawl->cursor == before) {
            *more = false;
            return 0;
        }
    }
    return 0;
}

/* Lets what is in flight come home without being kept, so that no callback outlives the crawl. */
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

int crawl_drain(struct crawl *crawl, const char *phase, struct err *err)
{
    crawl->phase = phase;
    crawl->cursor = 0;
    for (;;) {
        bool more = true;
        if (!interrupted(crawl) && refill(crawl, &more)) {
            break;
        }
        if (crawl->failed || interrupted(crawl) ||
            (!more && aws_client_pending(crawl->client) == 0)) {
            break;
        }
        struct err step = ERR_INIT;
        if (aws_client_step(crawl->client, STEP_MS, &step)) {
            crawl_fail(crawl, &step);
            break;
        }
        tell(crawl, false);
        int64_t ms = clock_monotonic_ms(NULL);
        if (ms - crawl->last_commit_ms > COMMIT_MS) {
            crawl->last_commit_ms = ms;
            if (store_commit(crawl->store, &step)) {
                crawl_fail(crawl, &step);
                break;
            }
        }
    }
    wind_down(crawl);
    if (crawl->failed) {
        *err = crawl->err;
        struct err ignored = ERR_INIT;
        store_commit(crawl->store, &ignored);
        return -1;
    }
    if (store_commit(crawl->store, err)) {
        return -1;
    }
    tell(crawl, true);
    return interrupted(crawl) ? err_set(err, ERR_INTERRUPTED, "interrupted while reading %s", phase)
                              : 0;
}
