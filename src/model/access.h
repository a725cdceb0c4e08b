/*
 * Whether a statement of a policy applies to a call, as AWS evaluates it, in three values: some
 * keys of a call cannot be known from the configuration alone.
 *
 * Values that describe a caller may be partial: '*' stands for what is not known ("o-1/r-1/" and an
 * unknown path below is "o-1/r-1/" and '*').
 */
#ifndef TOWERKEEP_MODEL_ACCESS_H
#define TOWERKEEP_MODEL_ACCESS_H

#include <jansson.h>
#include <stdbool.h>

#include "model/policy.h"

enum holds { HOLDS_NO, HOLDS_PERHAPS, HOLDS_YES };

#define CALLER_ARNS 3

/* Who calls; strings borrowed. */
struct caller {
    const char *account;         /* of a service: of the resource on whose behalf it calls */
    const char *organization_id; /* NULL: the account is in none */
    const char *path;            /* value of aws:PrincipalOrgPaths; NULL: in no organization */
    const char *arns[CALLER_ARNS + 1]; /* it is one of these; NULL ends them */
    const char *service;               /* "backup.amazonaws.com" calls itself; NULL: a principal */
    bool backup_role;                  /* a role with which AWS Backup acts */
    bool through_services; /* whatever service kms:ViaService names, it calls through it */
};

/* A call of `action` ("kms:decrypt") on the frame's resource; NULL: actions are not compared. */
enum holds statement_applies(const json_t *statement, const struct policy_frame *frame,
                             const struct caller *caller, const char *action);
/* The value or pattern of a policy against a value, which may be partial. */
enum holds pattern_matches(const char *pattern, const char *value);

/* Calls `each` for the callers that stand for all members of the organization: the role of AWS
   Backup in every account when the statements tell accounts apart, otherwise in one. */
void each_backup_role(const json_t *statements, const struct policy_frame *frame,
                      void (*each)(void *context, const struct caller *caller), void *context);

/* The role of AWS Backup in one account of the organization, calling through services. */
void backup_role_of(const struct policy_frame *frame, const char *account,
                    void (*each)(void *context, const struct caller *caller), void *context);

/* The Allow lets everyone in, and no Deny of the statements excludes anyone. */
bool statement_is_open(const json_t *statement, const json_t *statements,
                       const struct policy_frame *frame);
/* Callers outside the organization that the statements let in, by any key: "foreign_accounts",
   "foreign_orgs", "foreign_services" (services of AWS without a condition on the source) and, under
   the name `open`, whether everyone gets in. Sets them in `out`. */
void policy_strangers(const json_t *statements, const struct policy_frame *frame, const char *open,
                      json_t *out);

#endif
