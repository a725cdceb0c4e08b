#include "workflow/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sign_file.h"
#include "base/text.h"
#include "workflow/data_dir.h"

int reports_check(const struct report_job *job, struct err *err)
{
    for (size_t i = 0; i < job->formats.count; i++) {
        if (report_format_find(job->formats.items[i])) {
            continue;
        }
        const char *names[32] = {NULL};
        for (size_t k = 0; k < 31 && report_format_at(k); k++) {
            names[k] = report_format_at(k)->name;
        }
        struct text known;
        text_init(&known, 512);
        for (size_t k = 0; names[k]; k++) {
            text_addf(&known, "%s%s", k ? ", " : "", names[k]);
        }
        const char *near = str_nearest(job->formats.items[i], names);
        err_set(err, ERR_INPUT, "unknown output format \"%s\"%s%s: expected one of %s",
                job->formats.items[i], near ? ", did you mean " : "", near ? near : "",
                text_str(&known));
        text_release(&known);
        return -1;
    }
    if (strchr(job->filename, '/') || job->filename[0] == '.' || !*job->filename) {
        return err_set(err, ERR_INPUT,
                       "--output-filename \"%s\": expected a plain name without a path",
                       job->filename);
    }
    if (job->sign_key && !job->evidence) {
        return err_set(err, ERR_INPUT,
                       "--sign-key signs the evidence package: give --evidence too");
    }
    return job->sign_key ? signature_key_check(job->sign_key, err) : 0;
}

/* Report i of the job: its file's name, its path, and the path it is written to first. */
struct draft {
    char *name, *path, *aside;
};

static struct draft draft_of(const struct report_job *job, size_t i, const char *directory)
{
    const struct report_format *format = report_format_find(job->formats.items[i]);
    struct draft d = {.name = xasprintf("%s.%s", job->filename, format->extension)};
    char *aside = xasprintf(".%s.new", d.name);
    d.path = path_join(directory, d.name);
    d.aside = path_join(directory, aside);
    free(aside);
    return d;
}

static void draft_release(struct draft *d)
{
    free(d->name);
    free(d->path);
    free(d->aside);
}

/* Puts finished drafts in place, or (keep false) takes them away. */
static int drafts_settle(const struct report_job *job, const char *directory, bool keep,
                         struct words *written, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < job->formats.count; i++) {
        struct draft d = draft_of(job, i, directory);
        if (!keep || rc) {
            (void)unlink(d.aside);
        } else {
            rc = file_publish(d.aside, d.path, err);
            if (rc == 0) {
                words_add(written, d.name);
            }
        }
        draft_release(&d);
    }
    return rc;
}

int reports_write(const struct report_job *job, struct store *store, const json_t *config,
                  const json_t *rules, const char *directory, struct words *written,
                  struct err *err)
{
    struct subjects *subjects = NULL;
    char *shipped = NULL;
    if (data_dir_find("templates", &shipped, err) != 0) {
        return -1;
    }
    if (subjects_new(store, config, &subjects, err)) {
        free(shipped);
        return -1;
    }
    const char *chosen = env_get("TOWERKEEP_TEMPLATES");
    struct report_input input = {.store = store,
                                 .subjects = subjects,
                                 .rules = rules,
                                 .templates = chosen != NULL ? chosen : shipped,
                                 .templates_shipped = shipped};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < job->formats.count; i++) {
        struct draft d = draft_of(job, i, directory);
        rc = file_is_directory(d.path)
                 ? err_set(err, ERR_IO, "%s: a directory is in the report's place", d.path)
                 : report_format_find(job->formats.items[i])->write(&input, d.aside, err);
        draft_release(&d);
    }
    subjects_free(subjects);
    free(shipped);
    struct err ignored = ERR_INIT;
    if (rc) {
        (void)drafts_settle(job, directory, false, written, &ignored);
        return -1;
    }
    return drafts_settle(job, directory, true, written, err);
}
