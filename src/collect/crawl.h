/*
 * The crawl from the inside. A collector is a row: which operation, how to word its input, what to
 * keep of an answer and what to ask next. crawl.c walks the open questions; the other files hold
 * the rows, by AWS service.
 */
#ifndef TOWERKEEP_COLLECT_CRAWL_H
#define TOWERKEEP_COLLECT_CRAWL_H

#include <jansson.h>
#include <stdbool.h>

#include "collect/collect.h"

struct crawl;
struct map;

struct answer_page { /* one page of an answer, while its collector reads it */
    struct crawl *crawl;
    const struct question *question;
    const struct answer *answer;
    int64_t fact;
};

struct collector {
    const char *operation; /* "kms:DescribeKey"; unique, and the question's name in the store */
    bool as_management; /* asked with the caller's own credentials, whatever the question's account
                         */
    bool raw;           /* large pages, read with base/pull */
    bool absence_is_answer;  /* NotFound means "there is none", not a gap */
    const char *absent_kind; /* of an empty entity that carries such an answer's fact; NULL: none */
    bool probe; /* asked where another place, or another question, can answer as well: a refusal
                   alone is no gap */
    json_t *(*input)(struct crawl *crawl, const struct question *q); /* NULL: {} ; new reference */
    int (*keep)(const struct answer_page *p, struct err *err);       /* every page */
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
    int64_t cursor; /* questions up to here were handed to the client */
    struct err err; /* first failure inside a callback */
    bool failed;
    const char *phase;
    int64_t last_progress_ms, last_commit_ms;
    int64_t gaps;
    struct err probe; /* what the last refused probe said */
    struct map *off; /* Regions that refuse credentials which the home Region takes: switched off */
    int64_t job_fallbacks; /* Regions whose jobs are asked account by account */
    char **policy_roles;   /* role names that backup policies name */
    size_t policy_role_count;
};

/* The answer that was refused (class REGION_UNAVAILABLE when `off`), borrowed. */
typedef void (*region_probe_told)(void *context, const struct answer *refused, bool off);
/* Asks the home Region whether it takes the caller's own credentials, which `a` refused: then the
   Region of `a` is off, and crawl->off remembers it. */
int region_probe_ask(struct crawl *crawl, const struct answer *a, region_probe_told told,
                     void *context, struct err *err);

/* A key that carries our tag is looked at, whether the landing zone names it or not; `row` is the
 * Tagging API's. */
int ask_tagged_key(const struct answer_page *p, const char *arn, const json_t *row,
                   struct err *err);

const struct collector *collector_find(const char *operation);

/* Asks, through the store; the filters of the run are applied by the caller. */
int crawl_ask(struct crawl *crawl, const char *operation, const char *account, const char *region,
              const char *target, struct err *err);
/* Answers every open question. */
int crawl_drain(struct crawl *crawl, const char *phase, struct err *err);

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
/* keys.c: asks for the key that encrypts a resource whose copies need it; NULL: there is none. */
int source_key_ask(const struct answer_page *p, const char *type, const char *key_arn,
                   struct err *err);
/* What follows the last '/' of an ARN. */
const char *arn_tail(const char *arn);

/* Filters of the run. */
bool crawl_wants_account(const struct crawl *crawl, const char *account);
bool crawl_wants_region(const struct crawl *crawl, const char *region);
bool crawl_governs(const struct crawl *crawl, const char *region);

/* The rows. */
extern const struct collector organization_collectors[], landing_zone_collectors[],
    key_collectors[], backup_collectors[], account_collectors[], inventory_collectors[],
    protection_collectors[], control_collectors[], job_collectors[], role_collectors[],
    policy_collectors[], product_collectors[];

/* account.c: what is asked of every governed account-Region, and of an ungoverned one. */
int account_region_ask(struct crawl *crawl, const char *account, const char *region,
                       struct err *err);

/* jobs.c: jobs of an account and Region, where the organization's summaries are refused. */
int jobs_seed(struct crawl *crawl, struct err *err);
int jobs_ask(struct crawl *crawl, const char *account, const char *region, struct err *err);
/* roles.c: the role, and what is attached to it; asked once an account. */
int role_ask(struct crawl *crawl, const char *account, const char *role_arn, struct err *err);
/* policies.c: after the backup policies were read, and what each account is asked for them. */
int policies_load(struct crawl *crawl, struct err *err);
int policies_ask(struct crawl *crawl, const char *account, struct err *err);

/* seeds.c: what opens each phase. */
int seed_preconditions(struct crawl *crawl, struct err *err);
int seed_organization(struct crawl *crawl, struct err *err);
int seed_central_policies(struct crawl *crawl, struct err *err); /* controls.c */
int seed_management(struct crawl *crawl,
                    struct err *err); /* account.c: the management account's own Regions */
int seed_members(struct crawl *crawl,
                 struct err *err); /* members.c: every other account in scope */

#endif
