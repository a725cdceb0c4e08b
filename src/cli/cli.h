/* The front door from the inside: commands are rows, each in a file of its own; only this room
 * prints. */
#ifndef TOWERKEEP_CLI_CLI_H
#define TOWERKEEP_CLI_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "check/check.h"
#include "check/rules.h"
#include "collect/collect.h"
#include "model/config.h"
#include "report/report.h"

enum exit_code {
    EXIT_OK = 0,         /* everything reached, nothing failing */
    EXIT_INTERNAL = 1,   /* a bug, or the disk */
    EXIT_USAGE = 2,      /* flags, configuration, rules, credentials, the wrong account */
    EXIT_FAILING = 3,    /* an unmuted FAIL */
    EXIT_INCOMPLETE = 4, /* something could not be seen: beats 3 */
    EXIT_SIGNAL = 128    /* plus the signal's number */
};

struct command {
    const char *name;
    const char *summary; /* one line in the overview */
    int (*run)(int argc, char **argv);
};

int cmd_scan(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_enable(int argc, char **argv);
int cmd_teardown(int argc, char **argv);
int cmd_rehearse(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_runs(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_iam_policy(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* "towerkeep: text" on stderr, made printable; returns the exit code that belongs to the error. */
int cli_fail(const struct err *err);
int cli_fail_and(const struct err *err, const char *way_on); /* the same line, longer */
/* The same after a scan's first answer: what AWS or the network refused makes the scan incomplete.
 */
enum exit_code exit_code_of(enum err_code code);

/* --- arguments.c --- */
struct argp;
/* Ends the program with one line and EXIT_USAGE when an option is unknown or lacks its value;
 * argv[0] is the command's name. */
void arguments_check(const struct argp *argp, int argc, char **argv);
/* What the option expects instead of a value that can be seen to be wrong; NULL: nothing is seen.
 */
const char *option_value_expected(const char *option, const char *value);
void usage_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* --- words.c: lists of words from flags and the environment --- */
struct words {
    char **items; /* ends with NULL; NULL when nothing was said */
    size_t count;
    bool from_env; /* said by the environment: a flag replaces it */
};
void words_add(struct words *w,
               const char *commas); /* splits at commas, trims blanks, drops empties */
void words_release(struct words *w);
const char *const *words_list(const struct words *w); /* NULL when nothing was said */

/* --- setup.c: what every command that judges needs --- */
struct setup {
    struct config config;
    struct rule_set *rules;
    const char *config_file; /* --config-file; NULL: looked up */
    struct words rule_directories;
    struct framework_set *frameworks;
    struct words compliance;   /* ids of the frameworks that are meant; none: all */
    struct waivers *waivers;   /* NULL: no file was named */
    const char *mutelist_file; /* --mutelist-file */
};
int setup_load(struct setup *s, struct err *err);
void setup_release(struct setup *s);
/* The rules as reports want them; new reference. */
json_t *setup_describe_rules(const struct setup *s);
/* Refuses names of checks that there are not, and a selection that leaves nothing to judge by. */
int setup_check_selection(const struct setup *s, const struct words *checks,
                          const struct words *excluded, int min_severity, struct err *err);
/* Judges the run with what was set up, and keeps with it what its reports need; *rules is yours. */
int setup_judge(const struct setup *s, struct store *store, struct check_options options,
                json_t **rules, struct err *err);
/* Where shipped files live: beside the source tree when run from a build, else the installed place.
 */
char *setup_data_path(const char *folder);

/* --- run_dir.c: a run's directory --- */
struct run_dir {
    char *path, *partial, *final; /* DIR, DIR/run.partial.db, DIR/run.db */
    struct file_lock *lock;
    bool made; /* it was not there before */
};
int run_dir_open(struct run_dir *dir, const char *path,
                 struct err *err); /* makes it, proves it writable, locks it */
/* DIR or a run database; *path is yours. ERR_INPUT when there is no run there. */
int run_dir_find(const char *named, char **path, struct err *err);
int run_dir_publish(struct run_dir *dir,
                    struct err *err); /* the partial database becomes the run */
int run_dir_sums(const struct run_dir *dir, const char *const *names,
                 struct err *err); /* SHA256SUMS */
void run_dir_drop_partial(
    struct run_dir *dir); /* the partial database and what SQLite left by it */
/* Removes what run_dir_open() made, when nothing else came into it. */
void run_dir_discard(struct run_dir *dir);
void run_dir_close(struct run_dir *dir);

/* --- reports.c --- */
struct report_job {
    struct words formats;
    const char *filename; /* default "report" */
    bool evidence;        /* the evidence package as well */
    const char *sign_key; /* private key that signs it; NULL: unsigned */
};
/* Refuses unknown formats before any work is done. */
int reports_check(const struct report_job *job, struct err *err);
/* Writes each format into the directory; prints nothing. Names of the files are appended to
 * `written`. */
int reports_write(const struct report_job *job, struct store *store, const json_t *config,
                  const json_t *rules, const char *directory, struct words *written,
                  struct err *err);

/* --- history.c --- */
/* Notes in the run whether flags narrowed what was judged. */
int history_note_scope(struct store *store, bool narrowed, struct err *err);

/* --- package.c: the evidence package of a run --- */
#define PACKAGE_FOLDER "evidence"
#define PACKAGE_DIGEST PACKAGE_FOLDER "/digest.txt"
#define PACKAGE_SIGNATURE PACKAGE_DIGEST ".sig"
/* Makes or replaces DIR/evidence of the run in DIR; every report must lie there already. */
int package_make(const char *directory, struct store *store, const char *sign_key, struct err *err);
bool package_drop(const char *directory); /* takes it away; was there one? */
bool package_signed(const char *directory);
/* Files of a run's directory that digest.txt cannot or need not name. */
bool package_outside(const char *name);

/* --- summary.c, print_findings.c: what the terminal says at the end --- */
#define COLOR_GREEN "\033[32m"
#define COLOR_RED "\033[31m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_BOLD "\033[1m"
#define COLOR_OFF "\033[0m"
void summary_print(FILE *out, struct store *store, const struct report_summary *summary,
                   bool color);
/* The worst findings of these statuses (bits 1 << STATUS_...): `most` checks, an example of each
 * with its fix. */
void print_findings(FILE *out, struct store *store, int most, unsigned statuses, bool color);
/* The first gaps of `total`, a line each. */
void print_gaps(FILE *out, struct store *store, int most, int64_t total);
/* Words made printable, in lines that fit the terminal: `first` stands before the first, `rest`,
 * equally wide, before the others. A word longer than a line is cut, or (not cut) stays whole. */
void wrap_print(FILE *out, const char *first, const char *rest, const char *words, bool cut);
bool color_wanted(bool no_color_flag, FILE *out);
int terminal_width(FILE *out);

/* --- progress.c --- */
enum progress_mode { PROGRESS_AUTO, PROGRESS_NONE, PROGRESS_JSON };
struct progress {
    enum progress_mode mode;
    bool terminal, shown;
    int64_t started_ms, last_line_ms;
    const char *last_phase;
};
void progress_start(struct progress *p, enum progress_mode mode);
void progress_tell(void *progress, const struct collect_progress *now);
void progress_end(struct progress *p);

/* Set by SIGINT and SIGTERM; holds the signal's number. */
extern volatile sig_atomic_t signal_received;
void signals_catch(void);

#endif
