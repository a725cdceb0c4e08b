/* A run's directory: the run while it is made and once it is done, its lock and its checksums. */
#ifndef TOWERKEEP_WORKFLOW_RUN_DIR_H
#define TOWERKEEP_WORKFLOW_RUN_DIR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/file.h"

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

#endif
