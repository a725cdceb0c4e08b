/*
 * The crawl from the inside. collect.c has its phases in order. A collector is a row: in which
 * phase it is asked, which operation it calls, what it asks next and what it keeps of an answer.
 * crawl.c answers the open tasks; the other files hold the rows, by AWS service.
 */
#ifndef TOWERKEEP_COLLECT_CRAWL_H
#define TOWERKEEP_COLLECT_CRAWL_H

#include <jansson.h>
#include <stdbool.h>

#include "collect/collect.h"

#define ASKS_MAX 8
#define KEEPS_MAX 6
#define WITH_MAX 5

struct crawl;
struct map;

/* In this order. collect.c says what each of them asks and checks. */
enum phase {
    PHASE_PRECONDITIONS,
    PHASE_LANDING_ZONE,
    PHASE_ORGANIZATION,
    PHASE_MANAGEMENT, /* the management account's own Regions */
    PHASE_MEMBERS,    /* every other account in scope */
    PHASE_COUNT
};

/* Where a collector is asked before any answer names it. */
enum seed {
    SEED_NONE,     /* nowhere: an answer asks for it, or its phase does */
    SEED_HOME,     /* in the home Region, once, when its phase begins */
    SEED_GOVERNED, /* in each governed Region of each account */
    SEED_REGION,   /* in each Region of each account, governed or not */
    SEED_WANTED    /* in each governed Region of each account where its resource type is wanted */
};

struct answer_page { /* one page of an answer, while its collector reads it */
    struct crawl *crawl;
    const struct question *question;
    const struct answer *answer;
    int64_t fact;
};

struct collector {
    enum phase phase; /* the first in which it is asked */
    enum seed seed;
    const char *operation; /* "kms:DescribeKey"; unique, and the name of its tasks in the store */
    const char *asks[ASKS_MAX];   /* operations that its answers ask for; NULL after the last */
    bool opens_account;           /* its answers ask the SEED_GOVERNED and SEED_REGION rows, too */
    bool opens_types;             /* its answers ask the SEED_WANTED rows, too */
    const char *keeps[KEEPS_MAX]; /* kinds of entities that it keeps; NULL after the last */
    bool as_management; /* asked with the caller's own credentials, whatever the task's account */
    bool raw;           /* large pages, read with base/pull */
    bool absence_is_answer;  /* NotFound means "there is none", and is no collection error */
    const char *absent_kind; /* of an empty entity that carries such an answer's call; NULL: none */
    bool probe; /* asked where another Region, or another operation, can answer as well: a refusal
                   alone is no collection error */
    const char *target;            /* the input's member that the task's target is; NULL: none */
    const char *with[WITH_MAX][2]; /* further members of the input, with their values */
    json_t *(*input)(
        const struct question *q); /* members of other types; NULL: {}; new reference */
    int (*keep)(const struct answer_page *p, struct err *err); /* every page */
    int (*refused)(struct crawl *crawl, const struct question *q, const struct answer *a,
                   struct err *err); /* extra work when it was refused; NULL */
};

struct crawl {
    struct aws_client *client;
    struct store *store;
    const struct collect_options *options;
    const char *management; /* account id */
    char home[33];
    char **governed; /* governed Regions, after the landing zone was read */
    size_t governed_count;
    char *central_backup;  /* account id from the manifest, NULL when none */
    char *backup_admin;    /* account id from the manifest, NULL when none */
    char *backup_key;      /* key id from the manifest, NULL */
    char *service_keys[2]; /* ids of the landing zone's own keys in the home Region; NULL: none */
    /* loop */
    enum phase phase;
    const struct collector *reading; /* whose answer is being read; NULL: a phase asks */
    int64_t cursor;                  /* tasks up to here were handed to the client */
    struct err err;                  /* first failure inside a callback */
    bool failed;
    const char *reads; /* what is being read, for people */
    int64_t last_progress_ms, last_commit_ms;
    int64_t gaps;
    struct err probe; /* what the last refused probe said */
    struct map *off; /* Regions that refuse credentials which the home Region takes: switched off */
    int64_t job_fallbacks; /* Regions whose jobs are asked account by account */
    char **policy_roles;   /* role names that backup policies name */
    size_t policy_role_count;
};

/* --- crawl.c --- */

/* Answers every open task; `reads` is for people. */
int crawl_drain(struct crawl *crawl, const char *reads, struct err *err);

/* The answer that was refused (class REGION_UNAVAILABLE when `off`), borrowed. */
typedef void (*region_probe_told)(void *context, const struct answer *refused, bool off);
/* Asks the home Region whether it takes the caller's own credentials, which `a` refused: then the
   Region of `a` is off, and crawl->off remembers it. */
int region_probe_ask(struct crawl *crawl, const struct answer *a, region_probe_told told,
                     void *context, struct err *err);

/* --- collectors.c: the table --- */

/* The index-th row, NULL after the last. Public for its tests: they hold every row of the table against the operations. */
const struct collector *collector_at(size_t index);
/* NULL when there is none. */
const struct collector *collector_find(const char *operation);
bool collector_asks(const struct collector *c, const struct collector *next);
bool collector_keeps(const struct collector *c, const char *kind);
/* Asks the SEED_HOME rows of the phase. */
int collectors_seed(struct crawl *crawl, enum phase phase, struct err *err);
/* Asks of an account what its Region is asked: the SEED_REGION rows, and in a governed Region the
   SEED_GOVERNED ones, too. */
int collectors_seed_region(struct crawl *crawl, const char *account, const char *region,
                           struct err *err);

/* --- keep.c: what a collector does with an answer. ERR_INTERNAL when its row does not say so. ---
 */

/* Asks, through the store; the filters of the run are applied by the caller. */
int crawl_ask(struct crawl *crawl, const char *operation, const char *account, const char *region,
              const char *target, struct err *err);
/* Public for its tests: a store that refuses an entity cannot be made through a crawl. */
int crawl_keep_entity(struct crawl *crawl, const struct entity *e, struct err *err);
/* Keeps an entity; `document` is borrowed. */
int crawl_keep(const struct answer_page *p, const char *kind, const char *account,
               const char *region, const char *key, const json_t *document, struct err *err);
/* Keeps each element of the list at `path` of the answer under its member `key_member`. */
int crawl_keep_list(const struct answer_page *p, const char *path, const char *kind,
                    const char *account, const char *region, const char *key_member,
                    struct err *err);
/* The same for lists too large for a tree: the answer is raw, and each element of its member `list`
   is kept as AWS sent it, here, under its member `key_member`. */
int crawl_keep_raw_list(const struct answer_page *p, const char *list, const char *key_member,
                        const char *kind,
                        bool (*wanted)(const struct answer_page *p, const char *key),
                        struct err *err); /* wanted NULL: all of them */
/* Calls each with every element of that list. */
int crawl_each_raw(const struct answer_page *p, const char *list,
                   int (*each)(void *context, const char *json, size_t length, struct err *err),
                   void *context, struct err *err);

struct only {         /* the first entity of a kind; released with only_release() */
    json_t *document; /* NULL: there is none */
    char *key;
};
int only_find(struct crawl *crawl, const char *kind, struct only *out, struct err *err);
void only_release(struct only *only);

/* --- filters.c: filters of the run --- */

bool crawl_lists(const char *const *list, const char *word); /* list NULL: no */
bool crawl_wants_account(const struct crawl *crawl, const char *account);
bool crawl_wants_region(const struct crawl *crawl, const char *region);
bool crawl_governs(const struct crawl *crawl, const char *region);
/* ERR_INPUT for a Region of a filter that the organization does not have. */
int regions_check(struct crawl *crawl, struct err *err);
/* The same before the members are asked: the management account, when it is in scope, has the
 * Regions that are not governed. */
int regions_check_early(struct crawl *crawl, struct err *err);

/* selection.c: stores what the operator selected ("scan_selection"), "" for a scan of all. */
int selection_store(struct crawl *crawl, struct err *err);

/* wanted_types.c: resource types that the configuration wants in a governed Region. */
int wanted_types_ask(struct crawl *crawl, const char *account, const char *region, struct err *err);
/* Types that are on in an account and Region ({TYPE: bool}) and that the configuration neither
   requires nor declines: wanted, too. */
int opted_types_ask(struct crawl *crawl, const struct question *q, json_t *opt_in, struct err *err);

/* What follows the last '/' of an ARN. */
const char *arn_tail(const char *arn);

/* --- the rows, each table with an end whose operation is NULL --- */

extern const struct collector organization_collectors[], landing_zone_collectors[],
    key_collectors[], backup_collectors[], account_collectors[], inventory_collectors[],
    protection_collectors[], control_collectors[], job_collectors[], role_collectors[],
    policy_collectors[], product_collectors[], wanted_collectors[];

/* --- what the phases ask beyond the rows' seeds, and check when all is answered --- */

/* organization.c: the caller is the management account of an organization. */
int organization_check(struct crawl *crawl, struct err *err);
/* Why `operation` has no answer: its collection error, or the given words. Always -1. */
int answer_missing(struct crawl *crawl, const char *operation, const char *otherwise,
                   struct err *err);

/* landing_zone.c */
/* What the manifest said, of a run that is resumed. */
int landing_zone_recall(struct crawl *crawl, struct err *err);
/* Asks every Region of the partition when the first one had no landing zone. */
int landing_zone_search(struct crawl *crawl, struct err *err);
/* There is one, and what its manifest says is known from here on. */
int landing_zone_check(struct crawl *crawl, struct err *err);

/* keys.c: the backup key in every governed Region, and the landing zone's own keys. */
int keys_ask(struct crawl *crawl, struct err *err);
/* A key that carries our tag is asked for, whether the landing zone names it or not; `row` is the
 * Tagging API's. */
int ask_tagged_key(const struct answer_page *p, const char *arn, const json_t *row,
                   struct err *err);
/* Asks for the key that encrypts a resource whose copies need it; NULL: there is none. */
int source_key_ask(const struct answer_page *p, const char *type, const char *key_arn,
                   struct err *err);

/* roles.c: roles of the management account. */
int roles_ask(struct crawl *crawl, struct err *err);
/* The role, and what is attached to it; asked once an account. */
int role_ask(struct crawl *crawl, const char *account, const char *role_arn, struct err *err);

/* jobs.c: the organization's summaries; then what of them was refused, and the jobs of an account
   and Region where they were. */
int job_summaries_ask(struct crawl *crawl, struct err *err);
int job_summaries_load(struct crawl *crawl, struct err *err);
int jobs_ask(struct crawl *crawl, const char *account, const char *region, struct err *err);

/* policies.c: the policies of each type; after the backup policies were read, and what each account
   is asked for them. */
int policy_types_ask(struct crawl *crawl, struct err *err);
int policies_load(struct crawl *crawl, struct err *err);
int policies_ask(struct crawl *crawl, const char *account, struct err *err);

/* controls.c: the policies attached to the central backup account. */
int central_account_ask(struct crawl *crawl, struct err *err);

/* account.c: the management account's own Regions. */
int management_ask(struct crawl *crawl, struct err *err);
/* members.c: every other account in scope. */
int members_ask(struct crawl *crawl, struct err *err);

#endif
