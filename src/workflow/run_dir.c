/* A run's directory: the database while it grows, the run once it is judged, and the sums of what
 * lies beside it. */
#include "workflow/run_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sums.h"
#include "base/text.h"

int run_dir_open(struct run_dir *dir, const char *path, struct err *err)
{
    *dir = (struct run_dir){.path = xstrdup(path)};
    dir->partial = path_join(path, "run.partial.db");
    dir->final = path_join(path, "run.db");
    char *lock = path_join(path, ".lock");
    dir->made = !file_exists(path);
    int rc = dir_make(path, err) || file_lock_take(lock, &dir->lock, err) ? -1 : 0;
    free(lock);
    if (rc && err->code == ERR_IO) {
        err->code = ERR_INPUT; /* a directory that cannot be written to is the user's to mend */
    }
    return rc;
}

int run_dir_find(const char *named, char **path, struct err *err)
{
    static const char *const inside[] = {"run.db", "run.partial.db"};
    *path = NULL;
    if (!file_is_directory(named)) {
        if (!file_exists(named)) {
            return err_set(err, ERR_INPUT, "%s: there is no such run", named);
        }
        *path = xstrdup(named);
        return 0;
    }
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        char *found = path_join(named, inside[i]);
        if (file_exists(found)) {
            *path = found;
            return 0;
        }
        free(found);
    }
    return err_set(err, ERR_INPUT, "%s: holds no run (neither run.db nor run.partial.db)", named);
}

int run_dir_publish(struct run_dir *dir, struct err *err)
{
    return file_publish(dir->partial, dir->final, err);
}

int run_dir_sums(const struct run_dir *dir, const char *const *names, struct err *err)
{
    char *path = path_join(dir->path, "SHA256SUMS");
    struct out_file *file = NULL;
    int rc = out_file_open(path, &file, err);
    for (; rc == 0 && *names; names++) {
        char hex[SHA256_HEX_SIZE];
        char *one = path_join(dir->path, *names);
        rc = file_sum(one, hex, err);
        if (rc == 0) {
            fprintf(out_file_stream(file), "%s  %s\n", hex, *names);
        }
        free(one);
    }
    if (rc == 0) {
        rc = out_file_commit(file, err);
    } else {
        out_file_abort(file);
    }
    free(path);
    return rc;
}

void run_dir_drop_partial(struct run_dir *dir)
{
    /* A journal that a killed run left would be played into the next database of that name. */
    static const char *const tails[] = {"-journal", "-wal", "-shm", ""};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
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
    char *lock = path_join(dir->path, ".lock");
    (void)unlink(lock);
    (void)rmdir(dir->path); /* fails, rightly, when somebody put something there */
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
