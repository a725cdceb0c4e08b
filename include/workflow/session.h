/*
 * A session: options, criteria, credentials, a client, and the run that is made. scan, enable and
 * teardown use the same session in different ways.
 */
#ifndef TOWERKEEP_WORKFLOW_SESSION_H
#define TOWERKEEP_WORKFLOW_SESSION_H

#include <signal.h>
#include <stdbool.h>

#include "aws/client.h"
#include "aws/creds.h"
#include "base/err.h"
#include "base/words.h"
#include "plan/make.h"
#include "plan/narrow.h"
#include "store/store.h"
#include "workflow/criteria.h"
#include "workflow/reports.h"
#include "workflow/run_dir.h"
#include "workflow/ui.h"

/* What the operator chose. Everything is borrowed and outlives the session; lists end with NULL,
 * and NULL means that the option was not given. */
struct session_options {
    const struct criteria_options *criteria;
    const struct report_job *reports;
    struct check_selection selection;

    /* Credentials and endpoint. */
    const char *profile, *home_region, *external_id, *endpoint_url;
    const char *const *roles; /* NULL: the configuration's, then the client's defaults */
    int session_seconds;      /* 0: the client's default */
    bool allow_http;          /* http to an endpoint that is not loopback */

    /* Scope. */
    const char *const *accounts, *const *excluded_accounts;
    const char *const *regions, *const *excluded_regions;
    const char *const *ous;
    bool no_ungoverned; /* no look for tagged resources outside governed Regions */

    /* Rate. */
    int max_workers; /* 0: the configuration's */
    double max_rate; /* calls per second; 0: the configuration's */
    bool unpaced;

    /* The run. */
    const char *output;   /* its directory */
    const char *resume;   /* directory of the interrupted run to complete */
    const char *record;   /* file that keeps the answers, without names; NULL: none */
    const char *previous; /* the run to compare with; NULL: the one in the directory */

    /* Changes. */
    const char *narrowed_by; /* the options that narrow, with their values; NULL: none is given */
    const char *const *only; /* checks whose findings are fixed */
    int only_step;           /* 1 to 6; 0: all */
    const char *const *delete_recovery_points; /* vaults */
    bool delete_key, close_accounts;
    bool auto_approve, dry_run;
    const char *confirm_organization;
    int max_changes;   /* 0: no limit */
    double time_scale; /* 1, or more with a loopback endpoint */
    int crash_at;      /* for tests: kill the process at this boundary; 0: never */

    const volatile sig_atomic_t *stop; /* set by a signal; NULL: nothing stops the session */
};

struct session {
    struct session_options options;
    const struct workflow_ui *ui; /* borrowed */
    struct criteria criteria;
    struct run_dir dir;
    struct creds_source source;
    struct words roles;          /* the configuration's, when no option names any */
    struct aws_client *client;   /* reads only; made by session_connect() */
    struct store *store;         /* the run: open while it is made, then read-only */
    struct recording *recording; /* NULL: the answers are not kept */
    char *backup_key;            /* ARN of the backup key that an earlier run knew; NULL */
    struct words written;        /* names of the files in the directory that belong to the run */
    size_t left_out;             /* steps that the options leave out of the plan made last */
    bool plan_unfinished;        /* the directory holds a plan that is applied only in part */
};

/* What is left of a session that failed, and how the operator continues. */
enum continuation {
    CONTINUE_NOT,          /* nothing is kept */
    CONTINUE_SAME_COMMAND, /* an unfinished plan: the same command continues it */
    CONTINUE_RESUME        /* an interrupted run: scan --resume DIR completes it */
};

/* Loads the criteria and checks the selection and the report options; no network. `s` is zeroed.
 * session_release() is safe after an error. */
int session_begin(struct session *s, const struct session_options *options,
                  const struct workflow_ui *ui, struct err *err);
/* Finds the credentials (once) and makes the reading client (once). */
int session_connect(struct session *s, struct err *err);
/* Another client with the same credentials, which may write; aws_client_free() frees it. */
int session_writer(struct session *s, struct aws_client **client, struct err *err);
/* Makes and locks the directory (once). ERR_INPUT when another process holds it. */
int session_open_dir(struct session *s, const char *directory, struct err *err);
/* A new run in the directory, or the interrupted one that options.resume names. */
int session_open_run(struct session *s, struct err *err);
int session_collect(struct session *s, struct err *err);
int session_evaluate(struct session *s, struct err *err);
/* What a plan is narrowed to, as the options say: for a plan that is there already, and for what is
   printed; borrowed from the session. */
struct plan_selection session_plan_selection(const struct session *s);
/* Makes a plan of the run that is open. `sent` as in struct plan_options. */
int session_make_plan(struct session *s, enum goal goal, const struct map *sent, struct plan **plan,
                      struct err *err);
/* Writes the reports, then gives the run its name, then the checksums and the evidence package. */
int session_publish(struct session *s, struct err *err);
/* All of the above, in order: one scan. */
int session_scan(struct session *s, struct err *err);
/* After an error: removes what is of no further use. Did AWS answer anything: session_started(). */
enum continuation session_abandon(struct session *s, const struct err *err);
bool session_started(const struct session *s);
void session_release(struct session *s);

#endif
