/*
 * What a run knows, in one SQLite file: tasks (questions), API calls (facts), collection errors
 * (gaps), entities, findings, metadata. The words in parentheses are those of tables and functions.
 * Rows in, rows out, in order, in bounded memory. Every row type is also a table any SQLite tool
 * can read.
 */
#ifndef TOWERKEEP_STORE_STORE_H
#define TOWERKEEP_STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/finding.h"

#define STORE_SCHEMA_VERSION 3

struct store;

/* Creates a new run file (0600); ERR_INPUT when it exists. */
int store_create(const char *path, struct store **out, struct err *err);
/* Opens an existing one; ERR_INPUT when it is no run, or of another schema version. */
int store_open(const char *path, bool read_only, struct store **out, struct err *err);
void store_close(struct store *s); /* commits; accepts NULL */
/* Writes are gathered in one transaction until store_commit(). A full disk shows here or at any
 * write as ERR_IO. */
int store_commit(struct store *s, struct err *err);

/* --- metadata: run_id, version, started, ended, caller_arn, organization_id, management_account,
   home_region, governed_regions (JSON list), partition, rules_digest, config_digest, state
   (collecting|collected|judged), config (JSON), waivers and frameworks (JSON), waivers_digest,
   backup_key (ARN that the landing zone names, or that an earlier run knew), tagged_now ({ARN:
   true}, what the walk that this run ends had tagged) --- */
int store_meta_set(struct store *s, const char *key, const char *value, struct err *err);
const char *store_meta(struct store *s,
                       const char *key); /* borrowed until the next set; NULL when unset */

/* --- questions: the crawl's tasks; (collector, account, region, target) is unique --- */
enum question_state { QUESTION_OPEN, QUESTION_ANSWERED, QUESTION_GAP };
struct question {
    int64_t id;
    const char *collector; /* row of collect's table */
    const char *account, *region, *target;
};
/* 1 when new, 0 when it was already there, -1 on error. */
int store_ask(struct store *s, const char *collector, const char *account, const char *region,
              const char *target, struct err *err);
/* Up to `limit` open tasks with id > after, in order of id; calls each; returns how many, -1 on
 * error. */
int store_open_questions(struct store *s, int64_t after, int limit,
                         int (*each)(void *context, const struct question *q), void *context,
                         struct err *err);
/* An open task only: what was closed stays as it is. */
int store_question_close(struct store *s, int64_t id, enum question_state state, struct err *err);
/* Is there a task of `operation` (also a family: "rds:*") in the account and Region? 1, 0 or -1. */
int store_was_asked(struct store *s, const char *operation, const char *account, const char *region,
                    struct err *err);
int64_t store_question_count(struct store *s, enum question_state state);

/* --- facts: one answered API call (one page) --- */
struct fact {
    const char *operation; /* "kms:DescribeKey" */
    const char *account, *region, *target;
    const char *request_id;
    int64_t wall_ms;
    const char *digest; /* SHA-256 of the body, hex */
    size_t bytes;
    int http_status;
    unsigned attempts, throttles, page;
};
int store_fact(struct store *s, const struct fact *f, int64_t *id, struct err *err);

/* --- gaps: collection errors. region "": every Region of the account --- */
struct gap {
    const char *operation;
    const char *account, *region, *target;
    const char *class; /* answer_class_name(): denied, region-deny, ... or skipped */
    const char *code, *message;
    int64_t wall_ms;
    const char *request_id;
};
/* Class of what no operation of the program lists, and the operation that it stands under: a limit
   of the program, not an answer that is missing. */
#define GAP_NO_LISTER "no-lister"
#define RESOURCE_LISTING "resources:List"
int store_gap(struct store *s, const struct gap *g, struct err *err);
int store_each_gap(struct store *s, int (*each)(void *context, int64_t id, const struct gap *g),
                   void *context, struct err *err);
/* The collection error that `operation` has in (account, region), if any: of the same operation
   there or in every Region ("" region), or of AssumeRole in that account. region NULL: any Region
   of the account; account NULL: anywhere. Copies a one-line description into text ("kms:DescribeKey
   in 1111.../eu-west-1: denied: AccessDeniedException ..."). 1 found, 0 none, -1 error. Must be
   fast (indexed; answers "no collection errors at all" without a query). */
int store_find_gap(struct store *s, const char *operation, const char *account, const char *region,
                   char *text, size_t size, struct err *err);

/* An explicit Deny of a service control policy is by Region only outside the governed Regions, and
   only where the account may make the same call in a governed one: otherwise the class of the
   collection error becomes "denied". Called for each governed Region when all answers are there. */
int store_gaps_not_by_region(struct store *s, const char *governed, struct err *err);

/* A Region that the account has enabled (entity region-status) does not refuse credentials because it
   is off: the class of such a collection error becomes "bad-credentials", with this message. */
int store_gaps_of_tokens(struct store *s, const char *message, struct err *err);

/* --- entities: the nouns collected, AWS's own members as JSON (kinds: see docs/run-database.md)
 * --- */
struct entity {
    const char *kind, *account, *region, *key; /* account and region "" when global */
    const char *json;                          /* the document's text */
    size_t json_length;
    int64_t fact; /* 0 when none */
};
int store_entity(struct store *s, const struct entity *e,
                 struct err *err); /* replaces an equal (kind, account, region, key) */
/* In order of (account, region, key). account/region NULL: all. Return non-zero from each to stop
 * early (that value is returned). */
int store_each_entity(struct store *s, const char *kind, const char *account, const char *region,
                      int (*each)(void *context, const struct entity *e), void *context,
                      struct err *err);
/* One entity's document parsed, yours; NULL without error when absent. fact may be NULL. */
int store_get_entity(struct store *s, const char *kind, const char *account, const char *region,
                     const char *key, json_t **out, int64_t *fact, struct err *err);
int64_t store_count_entities(struct store *s, const char *kind);

/* --- findings --- */
int store_findings_clear(struct store *s, struct err *err);
int store_finding(struct store *s, const struct finding *f, struct err *err);
/* Changes the status of one finding, for example to FIXED. */
int store_finding_status(struct store *s, const char *finding_id, enum status status,
                         struct err *err);
/* Ordered: FAIL, ERROR, MANUAL, MUTED, FIXED, PASS, NOT_APPLICABLE; then severity, check, account,
 * region, subject. */
int store_each_finding(struct store *s, int (*each)(void *context, const struct finding *f),
                       void *context, struct err *err);
/* Those of one status only, in the same order. */
int store_each_finding_of(struct store *s, enum status status,
                          int (*each)(void *context, const struct finding *f), void *context,
                          struct err *err);
struct ou_count {
    const char *ou_path; /* "" for what lies in no OU */
    int64_t by_status[STATUS_COUNT];
};
int store_each_ou_count(struct store *s, int (*each)(void *context, const struct ou_count *c),
                        void *context, struct err *err); /* by path */
struct finding_count {
    const char *check_id, *title;
    int step;
    enum severity severity;
    int64_t by_status[STATUS_COUNT];
};
int store_each_finding_count(struct store *s,
                             int (*each)(void *context, const struct finding_count *c),
                             void *context, struct err *err); /* per check, by id */

/* --- evidence: what a finding is based on --- */
/* In order of check, account, Region, subject: everything about one place together. */
int store_each_finding_by_place(struct store *s,
                                int (*each)(void *context, const struct finding *f), void *context,
                                struct err *err);
/* What a finding is based on: `row` names it to store_read_grounds(). */
struct grounds {
    int64_t row;
    const char *check_id, *account, *region;
    const char *evidence; /* space separated ids of API calls */
};
/* In the order of evaluation, which is the cheapest. */
int store_each_grounds(struct store *s, int (*each)(void *context, const struct grounds *g),
                       void *context, struct err *err);
int store_read_grounds(struct store *s, int64_t row,
                       int (*each)(void *context, const struct grounds *g), void *context,
                       struct err *err);
/* Equal as long as no id is left out. */
int store_count_facts(struct store *s, int64_t *count, int64_t *largest_id, struct err *err);
/* Those whose id is larger than `after`, in order of id. */
int store_each_fact(struct store *s, int64_t after,
                    int (*each)(void *context, int64_t id, const struct fact *f), void *context,
                    struct err *err);
struct operation_count {
    const char *operation;
    int64_t calls, attempts, throttles, bytes; /* calls: answered ones, a page each */
};
int store_each_operation(struct store *s,
                         int (*each)(void *context, const struct operation_count *c), void *context,
                         struct err *err); /* by name */
/* Calls each with the API call of that id; 0 when there is none. */
int store_read_fact(struct store *s, int64_t id, int (*each)(void *context, const struct fact *f),
                    void *context, struct err *err);
/* The documents kept from one answer, in order of kind, account, Region, key. The first call makes
 * an index that lives as long as the store is open; the run itself is not changed. */
int store_each_entity_of_fact(struct store *s, int64_t fact,
                              int (*each)(void *context, const struct entity *e), void *context,
                              struct err *err);

#endif
