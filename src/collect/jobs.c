/*
 * Backup and copy jobs that did not go well. The management account sees the organization's daily
 * counts in one list a Region; where that is refused, each account is asked for its own.
 */
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

#define DAYS_BACK 14 /* as far as daily counts go */
#define DAY_MS INT64_C(86400000)

static const char *const bad_states[] = {"FAILED", "EXPIRED", "ABORTED", "PARTIAL"};
#define BAD_STATE_COUNT (sizeof bad_states / sizeof *bad_states)

static const struct source {
    const char *summaries, *jobs, *name;
    size_t states; /* the first so many of bad_states: a copy neither expires nor is aborted */
    bool partial;
} sources[] = {
    {"backup:ListBackupJobSummaries", "backup:ListBackupJobs", "backup", BAD_STATE_COUNT, false},
    {"backup:ListCopyJobSummaries", "backup:ListCopyJobs", "copy", 1, true},
};

static const struct source *source_of(const char *operation)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (strcmp(sources[i].summaries, operation) == 0 ||
            strcmp(sources[i].jobs, operation) == 0) {
            return &sources[i];
        }
    }
    return NULL;
}

static bool is_bad(const char *state)
{
    for (size_t i = 0; i < BAD_STATE_COUNT; i++) {
        if (strcmp(bad_states[i], state) == 0) {
            return true;
        }
    }
    return false;
}

/* What both lists become: how many of one kind ended so on one day. */
static int keep_count(const struct answer_page *p, const json_t *row, const char *key,
                      long long count, double at, struct err *err)
{
    char day[TIME_ISO_SIZE];
    time_iso((int64_t)(at * 1000.0), day);
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I}", "kind", source_of(p->question->collector)->name, "state",
        jx_str_or(row, "State", ""), "type", jx_str_or(row, "ResourceType", ""), "category",
        jx_str_or(row, "MessageCategory", ""), "at", day, "count", (json_int_t)count);
    const char *account = jx_str_or(row, "AccountId", p->question->account);
    int rc = crawl_keep(p, "failed-jobs", account, p->question->region, key, document, err);
    json_decref(document);
    return rc;
}

static int keep_summaries(const struct answer_page *p, const char *list, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, list), i, row)
    {
        const char *state = jx_str_or(row, "State", "");
        long long count = jx_int(row, "Count", 0);
        /* Counted for the day they were made in; it is over at EndTime. */
        double at = json_number_value(jx_get(row, "EndTime"));
        if (!is_bad(state) || count <= 0) {
            continue;
        }
        char *key = xasprintf("%s %lld %s %s %s", source_of(p->question->collector)->name,
                              (long long)at, state, jx_str_or(row, "ResourceType", ""),
                              jx_str_or(row, "MessageCategory", ""));
        int rc = keep_count(p, row, key, count, at, err);
        free(key);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_backup_summaries(const struct answer_page *p, struct err *err)
{
    return keep_summaries(p, "BackupJobSummaries", err);
}

static int keep_copy_summaries(const struct answer_page *p, struct err *err)
{
    return keep_summaries(p, "CopyJobSummaries", err);
}

static int keep_jobs(const struct answer_page *p, const char *list, const char *id_member,
                     struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, list), i, row)
    {
        const char *id = jx_str(row, id_member);
        if (id == NULL) {
            return err_set(err, ERR_AWS, "an element of %s has no %s", list, id_member);
        }
        double made = json_number_value(jx_get(row, "CreationDate"));
        char *key = xasprintf("%s %s", source_of(p->question->collector)->name, id);
        int rc = keep_count(p, row, key, 1, made, err);
        free(key);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_backup_jobs(const struct answer_page *p, struct err *err)
{
    return keep_jobs(p, "BackupJobs", "BackupJobId", err);
}

static int keep_copy_jobs(const struct answer_page *p, struct err *err)
{
    return keep_jobs(p, "CopyJobs", "CopyJobId", err);
}

static json_t *input_jobs(const struct question *q)
{
    char after[TIME_ISO_SIZE];
    time_iso(clock_wall_ms(NULL) - DAYS_BACK * DAY_MS, after);
    return json_pack("{s:s, s:s}", "ByState", q->target, "ByCreatedAfter", after);
}

/* No collection error yet: the accounts themselves are asked. */
static int refused_summaries(struct crawl *crawl, const struct question *q, const struct answer *a,
                             struct err *err)
{
    const struct answer_page page = {.crawl = crawl, .question = q, .answer = a, .fact = 0};
    json_t *nothing = json_object();
    int rc = crawl_keep(&page, "jobs-per-account", "", q->region, source_of(q->collector)->name,
                        nothing, err);
    json_decref(nothing);
    return rc;
}

int job_summaries_ask(struct crawl *crawl, struct err *err)
{
    for (size_t r = 0; r < crawl->governed_count; r++) {
        for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
            if (crawl_wants_region(crawl, crawl->governed[r]) &&
                crawl_ask(crawl, sources[i].summaries, crawl->management, crawl->governed[r], "",
                          err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

int job_summaries_load(struct crawl *crawl, struct err *err)
{
    (void)err;
    crawl->job_fallbacks = store_count_entities(crawl->store, "jobs-per-account");
    return 0;
}

/* A copy neither expires nor is aborted, and only a copy ends PARTIAL. */
static int ask_states(struct crawl *crawl, const struct source *source, const char *account,
                      const char *region, struct err *err)
{
    for (size_t s = 0; s < BAD_STATE_COUNT; s++) {
        bool possible = s < source->states || (source->partial && s == BAD_STATE_COUNT - 1);
        if (possible && crawl_ask(crawl, source->jobs, account, region, bad_states[s], err) != 0) {
            return -1;
        }
    }
    return 0;
}

int jobs_ask(struct crawl *crawl, const char *account, const char *region, struct err *err)
{
    int rc = 0;
    for (size_t i = 0;
         rc == 0 && crawl->job_fallbacks > 0 && i < sizeof sources / sizeof sources[0]; i++) {
        json_t *wanted = NULL;
        rc = store_get_entity(crawl->store, "jobs-per-account", "", region, sources[i].name,
                              &wanted, NULL, err);
        if (wanted != NULL) {
            rc = ask_states(crawl, &sources[i], account, region, err);
        }
        json_decref(wanted);
    }
    return rc;
}

/* All jobs of the organization by day and state. */
#define SUMMARIES(its_operation)                                                                   \
    .phase = PHASE_ORGANIZATION, .operation = (its_operation),                                     \
    .keeps = {"failed-jobs", "jobs-per-account"}, .as_management = true, .probe = true,            \
    .refused = refused_summaries,                                                                  \
    .with = {{"AccountId", "ANY"},                                                                 \
             {"State", "ANY"},                                                                     \
             {"ResourceType", "ANY"},                                                              \
             {"MessageCategory", "ANY"},                                                           \
             {"AggregationPeriod", "ONE_DAY"}}

const struct collector job_collectors[] = {
    {SUMMARIES("backup:ListBackupJobSummaries"), .keep = keep_backup_summaries},
    {SUMMARIES("backup:ListCopyJobSummaries"), .keep = keep_copy_summaries},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:ListBackupJobs",
     .keeps = {"failed-jobs"},
     .input = input_jobs,
     .keep = keep_backup_jobs},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:ListCopyJobs",
     .keeps = {"failed-jobs"},
     .input = input_jobs,
     .keep = keep_copy_jobs},
    {.operation = NULL},
};
