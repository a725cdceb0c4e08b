/* A run's directory: the run while it is made and once it is done, its lock and its checksums. */
#ifndef TOWERKEEP_WORKFLOW_RUN_DIR_H
#define TOWERKEEP_WORKFLOW_RUN_DIR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/file.h"

#define RUN_PARTIAL "run.partial.db"
#define RUN_FINAL "run.db"

struct run_dir {
    char *path, *partial, *final; /* DIR, DIR/run.partial.db, DIR/run.db */
    struct file_lock *lock;
    bool made; /* run_dir_open() made the directory */
};

/* Makes the directory when there is none, locks it, and removes unfinished reports of processes
 * that ended. ERR_INPUT when it cannot be written or another process holds the lock. After an error
 * too, run_dir_close() frees what is there. */
int run_dir_open(struct run_dir *dir, const char *path, struct err *err);
/* The database of a run that is named by its directory or itself; free() *path. ERR_INPUT when
 * there is no run. */
int run_dir_find(const char *named, char **path, struct err *err);
/* Gives the finished run its name: run.partial.db becomes run.db. */
int run_dir_publish(struct run_dir *dir, struct err *err);
/* Writes SHA256SUMS of these files of the directory; `names` ends with NULL. */
int run_dir_sums(const struct run_dir *dir, const char *const *names, struct err *err);
/* Removes the partial database and SQLite's files beside it. */
void run_dir_drop_partial(struct run_dir *dir);
/* Removes the directory when run_dir_open() made it and nothing else is in it. */
void run_dir_discard(struct run_dir *dir);
void run_dir_close(struct run_dir *dir);

#endif
