#include "workflow/stored_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "workflow/package.h"
#include "workflow/run_dir.h"

int stored_run_open(struct stored_run *r, const char *named, bool writable, struct err *err)
{
    *r = (struct stored_run){0};
    if (run_dir_find(named, &r->path, err) != 0) {
        return -1;
    }
    log_write(LOG_INFO, "stored run: %s", r->path);
    const char *slash = strrchr(r->path, '/');
    size_t length = slash != NULL ? (size_t)(slash - r->path) : 0;
    r->directory = slash == r->path ? xstrdup("/")
                   : slash != NULL  ? xstrndup(r->path, length)
                                    : xstrdup(".");
    return store_open(r->path, !writable, &r->store, err);
}

int stored_run_evaluate(struct stored_run *r, const struct criteria_options *criteria,
                        const struct check_selection *selection, struct err *err)
{
    struct criteria c = {0};
    int rc = -1;
    if (package_signed(r->directory)) {
        return err_set(err, ERR_INPUT,
                       "%s: the evidence package is signed, and check would change the run: "
                       "evaluate a copy of the directory without its evidence",
                       r->directory);
    }
    if (criteria_load(&c, criteria, err) == 0 &&
        criteria_check_selection(&c, selection, err) == 0 &&
        criteria_evaluate(&c, r->store, selection, err) == 0) {
        rc = store_commit(r->store, err);
    }
    criteria_release(&c);
    return rc;
}

/* Under the directory's lock, because the package has a digest of every file in it. */
static int write_package(struct stored_run *r, const char *sign_key, struct err *err)
{
    struct run_dir dir = {0};
    int rc = run_dir_open(&dir, r->directory, err);
    if (rc == 0) {
        rc = package_make(r->directory, r->store, sign_key, err);
    }
    run_dir_close(&dir);
    if (rc == 0) {
        words_add(&r->written, PACKAGE_FOLDER);
    }
    return rc;
}

static bool is_final(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash != NULL ? slash + 1 : path, RUN_FINAL) == 0;
}

int stored_run_report(struct stored_run *r, const struct report_job *job, const char *directory,
                      struct err *err)
{
    if (job->evidence && (directory != NULL || !is_final(r->path))) {
        return err_set(err, ERR_INPUT, "--evidence: supported only in the directory of " RUN_FINAL);
    }
    const char *place = directory != NULL ? directory : r->directory;
    if (dir_make(place, err) != 0 || reports_write(job, r->store, place, &r->written, err) != 0) {
        return -1;
    }
    return job->evidence ? write_package(r, job->sign_key, err) : 0;
}

void stored_run_close(struct stored_run *r)
{
    store_close(r->store);
    words_release(&r->written);
    free(r->path);
    free(r->directory);
    *r = (struct stored_run){0};
}
