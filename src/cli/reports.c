#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli.h"

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
                       "output filename \"%s\": expected a plain name without a path",
                       job->filename);
    }
    return 0;
}

int reports_write(const struct report_job *job, struct store *store, const json_t *config,
                  const json_t *rules, const char *directory, struct words *written,
                  struct err *err)
{
    struct subjects *subjects = NULL;
    if (subjects_new(store, config, &subjects, err)) {
        return -1;
    }
    struct report_input input = {.store = store, .subjects = subjects, .rules = rules};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < job->formats.count; i++) {
        const struct report_format *format = report_format_find(job->formats.items[i]);
        char *name = xasprintf("%s.%s", job->filename, format->extension);
        char *path = path_join(directory, name);
        rc = format->write(&input, path, err);
        if (rc == 0) {
            words_add(written, name);
        }
        free(name);
        free(path);
    }
    subjects_free(subjects);
    return rc;
}
