#include "workflow/reports.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sign_file.h"
#include "base/text.h"
#include "workflow/data_dir.h"

#define FORMATS_MAX 64
#define PATH_SIZE 4096

static int unknown_format(const char *name, struct err *err)
{
    const char *names[FORMATS_MAX] = {NULL};
    struct text known;
    text_init(&known, 1024);
    for (size_t i = 0; i + 1 < FORMATS_MAX && report_format_at(i) != NULL; i++) {
        names[i] = report_format_at(i)->name;
        text_addf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *near = str_nearest(name, names);
    err_set(err, ERR_INPUT, "unknown output format \"%s\"%s%s: expected one of %s", name,
            near != NULL ? ", did you mean " : "", near != NULL ? near : "", text_str(&known));
    text_release(&known);
    return -1;
}

int reports_check(const struct report_job *job, struct err *err)
{
    const char *templates = env_get("TOWERKEEP_TEMPLATES");
    for (size_t i = 0; i < job->formats.count; i++) {
        if (report_format_find(job->formats.items[i]) == NULL) {
            return unknown_format(job->formats.items[i], err);
        }
        if (strcmp(job->formats.items[i], "html") == 0 && templates != NULL &&
            !file_is_directory(templates)) {
            return err_set(err, ERR_INPUT, "TOWERKEEP_TEMPLATES: %s is not a directory", templates);
        }
    }
    if (strchr(job->filename, '/') != NULL || job->filename[0] == '.' || job->filename[0] == '\0') {
        return err_set(err, ERR_INPUT,
                       "--output-filename \"%s\": expected a plain name without a path",
                       job->filename);
    }
    if (job->sign_key != NULL && !job->evidence) {
        return err_set(err, ERR_INPUT, "--sign-key: requires --evidence, which it signs");
    }
    return job->sign_key != NULL ? signature_key_check(job->sign_key, err) : 0;
}

/* A report while it is written: its format, its file's name, its path, and the path it is written
 * to first. */
struct draft {
    const struct report_format *format;
    char *name, *path, *temp;
};

static bool named_before(const struct words *formats, size_t i)
{
    bool found = false;
    for (size_t k = 0; k < i; k++) {
        found = found || strcmp(formats->items[k], formats->items[i]) == 0;
    }
    return found;
}

/* One a format, ended by one without a format. */
static struct draft *drafts_new(const struct report_job *job, const char *directory)
{
    struct draft *drafts = xcalloc(job->formats.count + 1, sizeof *drafts), *d = drafts;
    for (size_t i = 0; i < job->formats.count; i++) {
        char temp[PATH_SIZE];
        if (named_before(&job->formats, i)) {
            continue;
        }
        d->format = report_format_find(job->formats.items[i]);
        d->name = xasprintf("%s.%s", job->filename, d->format->extension);
        d->path = path_join(directory, d->name);
        path_temp(d->path, temp, sizeof temp);
        d->temp = xstrdup(temp);
        d++;
    }
    return drafts;
}

/* What was not published is removed. */
static void drafts_free(struct draft *drafts)
{
    for (struct draft *d = drafts; d->format != NULL; d++) {
        (void)unlink(d->temp);
        free(d->name);
        free(d->path);
        free(d->temp);
    }
    free(drafts);
}

static int drafts_write(const struct draft *drafts, const struct report_input *input,
                        struct err *err)
{
    for (const struct draft *d = drafts; d->format != NULL; d++) {
        if (file_is_directory(d->path)) {
            return err_set(err, ERR_IO, "cannot write %s: it is a directory", d->path);
        }
        if (d->format->write(input, d->temp, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int drafts_publish(const struct draft *drafts, struct words *written, struct err *err)
{
    for (const struct draft *d = drafts; d->format != NULL; d++) {
        if (file_publish(d->temp, d->path, err) != 0) {
            return -1;
        }
        words_add(written, d->name);
    }
    return 0;
}

/* A document that the evaluation stored; new reference, NULL when there is none. */
static json_t *stored(struct store *store, const char *key)
{
    const char *text = store_meta(store, key);
    return text != NULL ? json_loads(text, 0, NULL) : NULL;
}

int reports_write(const struct report_job *job, struct store *store, const char *directory,
                  struct words *written, struct err *err)
{
    const char *chosen = env_get("TOWERKEEP_TEMPLATES");
    char *shipped = NULL;
    json_t *config = stored(store, "config"), *rules = stored(store, "rules");
    struct draft *drafts = drafts_new(job, directory);
    struct subjects *subjects = NULL;
    int rc = -1;
    if (config == NULL || rules == NULL) {
        err_set(err, ERR_INPUT,
                "the run was not evaluated: complete it with towerkeep scan --resume, or evaluate "
                "it with towerkeep check");
        goto out;
    }
    if (data_dir_find("templates", &shipped, err) != 0 ||
        subjects_new(store, config, &subjects, err) != 0) {
        goto out;
    }
    dir_drop_stale(directory);
    const struct report_input input = {.store = store,
                                       .subjects = subjects,
                                       .rules = rules,
                                       .templates = chosen != NULL ? chosen : shipped,
                                       .templates_shipped = shipped};
    rc = drafts_write(drafts, &input, err);
    if (rc == 0) {
        rc = drafts_publish(drafts, written, err);
    }
out:
    subjects_free(subjects);
    drafts_free(drafts);
    json_decref(config);
    json_decref(rules);
    free(shipped);
    return rc;
}
