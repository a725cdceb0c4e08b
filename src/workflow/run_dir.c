#include "workflow/run_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sums.h"

#define LOCK ".lock"

int run_dir_open(struct run_dir *dir, const char *path, struct err *err)
{
    *dir = (struct run_dir){.path = xstrdup(path), .made = !file_exists(path)};
    dir->partial = path_join(path, RUN_PARTIAL);
    dir->final = path_join(path, RUN_FINAL);
    char *lock = path_join(path, LOCK);
    int rc = dir_make(path, err);
    if (rc == 0) {
        rc = file_lock_take(lock, &dir->lock, err);
    }
    free(lock);
    if (rc != 0) {
        err->code = err->code == ERR_IO ? ERR_INPUT : err->code; /* the operator can fix the path */
        return -1;
    }
    dir_drop_stale(path);
    return 0;
}

int run_dir_find(const char *named, char **path, struct err *err)
{
    static const char *const inside[] = {RUN_FINAL, RUN_PARTIAL};
    *path = NULL;
    if (!file_is_directory(named)) {
        if (!file_exists(named)) {
            return err_set(err, ERR_INPUT, "%s: no such run", named);
        }
        *path = xstrdup(named);
        return 0;
    }
    if (access(named, R_OK | X_OK) != 0) {
        return err_set(err, ERR_INPUT, "%s: %s", named, strerror(errno));
    }
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        char *found = path_join(named, inside[i]);
        if (file_exists(found)) {
            *path = found;
            return 0;
        }
        free(found);
    }
    return err_set(err, ERR_INPUT,
                   "%s: no run in this directory (no " RUN_FINAL " and no " RUN_PARTIAL ")", named);
}

int run_dir_publish(struct run_dir *dir, struct err *err)
{
    return file_publish(dir->partial, dir->final, err);
}

static int write_sum(FILE *out, const char *directory, const char *name, struct err *err)
{
    char hex[SHA256_HEX_SIZE];
    char *path = path_join(directory, name);
    int rc = file_sum(path, hex, err);
    free(path);
    if (rc == 0) {
        fprintf(out, "%s  %s\n", hex, name);
    }
    return rc;
}

int run_dir_sums(const struct run_dir *dir, const char *const *names, struct err *err)
{
    char *path = path_join(dir->path, "SHA256SUMS");
    struct out_file *file = NULL;
    int rc = out_file_open(path, &file, err);
    free(path);
    for (; rc == 0 && *names != NULL; names++) {
        rc = write_sum(out_file_stream(file), dir->path, *names, err);
    }
    if (rc != 0) {
        out_file_abort(file);
        return -1;
    }
    return out_file_commit(file, err);
}

void run_dir_drop_partial(struct run_dir *dir)
{
    /* A journal that a killed run left would be replayed into the next database of that name. */
    static const char *const tails[] = {"-journal", "-wal", "-shm", ""};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char *path = xasprintf("%s%s", dir->partial, tails[i]);
        (void)unlink(path);
        free(path);
    }
}

void run_dir_discard(struct run_dir *dir)
{
    if (!dir->made) {
        return;
    }
    char *lock = path_join(dir->path, LOCK);
    (void)unlink(lock);
    (void)rmdir(dir->path); /* fails when something else is in it: intended */
    free(lock);
}

void run_dir_close(struct run_dir *dir)
{
    file_lock_release(dir->lock);
    free(dir->path);
    free(dir->partial);
    free(dir->final);
    *dir = (struct run_dir){0};
}
