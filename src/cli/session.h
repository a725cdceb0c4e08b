/*
 * A session: flags, configuration, credentials, a client, and the run that is being made. scan,
 * enable and teardown are different walks over the same session.
 */
#ifndef TOWERKEEP_CLI_SESSION_H
#define TOWERKEEP_CLI_SESSION_H

#include "scan_options.h"

struct session {
    struct scan_options options;
    struct run_dir dir;
    struct creds_source source;
    struct aws_client *client; /* reads only; made by session_connect() */
    struct store *store;       /* the run: open while it is made, then read-only */
    json_t *rules;             /* described, for the reports */
    char *backup_key;          /* ARN of the backup key that a run before this one knew; NULL */
    struct words written;
    FILE *log;
    bool pending; /* a plan is under way in the directory: the same command goes on with it */
};

/* Log, configuration, rules, flags. */
int session_begin(struct session *s, struct err *err);
int session_check_flags(struct session *s, struct err *err);
/* Finds the credentials (once) and makes the reading client (once). */
int session_connect(struct session *s, struct err *err);
/* Another client over the same credentials that may write; yours. */
int session_writer(struct session *s, struct aws_client **client, struct err *err);
/* The run's directory, locked (once), and a new or resumed run in it. */
int session_open_dir(struct session *s, const char *directory, struct err *err);
int session_open_run(struct session *s, struct err *err);
int session_collect(struct session *s, struct err *err);
int session_judge(struct session *s, struct err *err);
/* Notes what was judged, and keeps of the run before what comparing needs (history.c). */
int history_carry(struct session *s, struct err *err);
int session_publish(struct session *s, struct err *err);
/* Prints the summary; the exit status that the verdict asks for, or -1. */
int session_conclude(struct session *s, struct err *err);
/* The exit status of a run's verdict, after --fail-on and --ignore-exit-code-3. */
int session_exit_code(const struct scan_options *o, const struct report_summary *summary);
/* Prints what stopped us, in one line, and the way on; the exit status. */
int session_stopped(struct session *s, const struct err *err);
void session_release(struct session *s);

#endif
