/*
 * Reads an organization. A table of collectors, each with its phase, what it asks and what it
 * keeps; answers queue further tasks in the store; done when none is open. A task that fails
 * becomes a collection error, never silence.
 */
#ifndef TOWERKEEP_COLLECT_COLLECT_H
#define TOWERKEEP_COLLECT_COLLECT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/client.h"
#include "base/err.h"
#include "model/config.h"
#include "store/store.h"

struct collect_progress {
    int64_t questions_total, questions_done, gaps;
    int64_t accounts;
    struct aws_counters calls;
    const char *phase;
};

struct collect_options {
    const struct config *config;
    const char *const *accounts,
        *const *excluded_accounts; /* NULL-terminated ids; NULL: no such filter */
    const char *const *regions, *const *excluded_regions;
    const char *const *ous;                   /* names, paths or ids */
    const char *const *recovery_point_vaults; /* vaults whose recovery points are listed too: a
                                                 teardown was told to delete them; NULL: none */
    const char *backup_key;  /* ARN that an earlier run knew, looked for when the landing zone names
                                none any more; NULL */
    const char *home_region; /* NULL: found by asking Control Tower */
    const char *hint_region; /* asked first when home_region is NULL; may be NULL */
    void (*progress)(void *context,
                     const struct collect_progress *p); /* at most ten times a second */
    void *context;
    const volatile sig_atomic_t
        *stop; /* non-zero: finish what is in flight, leave the run resumable, ERR_INTERRUPTED */
};

/* Reads a new run, or what is open of one that was interrupted. ERR_INPUT with one clear line when
   a precondition does not hold: an organization, the management account's credentials, a landing
   zone, known accounts and OUs in the filters. */
int collect_run(struct aws_client *client, struct store *store,
                const struct collect_options *options, struct err *err);

/* The operations a scan uses, for iam-policy, help and the coverage test: "service:Operation",
 * NULL-terminated. */
const char *const *collect_operations(void);
/* Is the operation asked in member accounts too? (In the management account all of them are.) */
bool collect_asks_members(const char *operation);

#endif
