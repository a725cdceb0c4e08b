/*
 * What AWS Backup supports, by type of resource and by Region: the table of rules/data/aws-backup.yaml
 * with the changes that the configuration makes. It is the member "backup_support" of the
 * configuration's document:
 *   {"as_of", "source", "regions": [..], "features": {FEATURE: VALUE},
 *    "rows": [{"kind", "type", "engines", "arn", "advanced", "as_of", "source", FEATURE: VALUE}]}
 * VALUE is true, false, {"in": [..]} or {"not_in": [..]} of Regions, partitions and "opt-in".
 * docs/support.md describes it.
 */
#ifndef TOWERKEEP_MODEL_SUPPORT_H
#define TOWERKEEP_MODEL_SUPPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/doc.h"
#include "base/err.h"

#define SUPPORT_MEMBER "backup_support"

enum support { SUPPORT_NO, SUPPORT_YES, SUPPORT_UNKNOWN };

struct support_subject {   /* a resource, or a type in a Region; borrowed */
    const char *type;      /* AWS Backup's resource type; NULL when it has none */
    const char *engine;    /* of a database or file system, NULL otherwise */
    const char *arn;       /* NULL: any resource of the type */
    int dynamodb_advanced; /* 1, 0, or -1 when unknown */
    const char *region;    /* NULL: any Region that the table knows */
    const char *partition; /* its id; may be NULL when region is */
    bool opt_in_region;    /* its Region is not enabled by default */
};

/* Reads the member "backup_support" of a configuration: {as_of, regions, rows}, where a row changes
   the row of the same kind, or is a new one. *out is yours. */
int support_read_changes(const struct doc *doc, const struct node *n, json_t **out,
                         struct err *err);
/* Reads the table in `path`, applies the changes in `document` and puts the result in their place.
   ERR_INPUT for a table that is not valid. */
int support_load(const char *path, json_t *document, struct err *err);

/* The row of a resource; NULL when the table has none, or is NULL. Borrowed from the table. Public for its tests: they compare rows. */
const json_t *support_row(const json_t *table, const struct support_subject *s);
/* Is the feature ("cross_account") supported there? */
enum support support_of(const json_t *table, const struct support_subject *s, const char *feature);
/* The date that the answer is as of: of its row, or of the table; NULL without a table. */
const char *support_date(const json_t *table, const struct support_subject *s);

/* Can its backups be copied to another account and, when far, to another Region? The worst of the
   two answers. */
enum support support_copies(const json_t *table, const struct support_subject *s, bool far);
/* Why not, with the date; yours, NULL when they can be or when that is not known. */
char *support_copy_problem(const json_t *table, const struct support_subject *s, bool far);
/* Backups of this type are encrypted independently of the source, so a copy does not need the
   source's key. dynamodb_advanced as above; unknown counts as on. */
bool support_encrypts_copies(const json_t *table, const char *type, int dynamodb_advanced);

#endif
