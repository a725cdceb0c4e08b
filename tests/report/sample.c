/* Writes reports of a run made by hand: report_sample KIND DIRECTORY [COUNT [ROWS-A-SHEET
 * [FORMAT...]]], without formats the JSON report and the workbook; report_sample formats - lists
 * them. Exit status 1 and one line on stderr when a report cannot be written. */
#include <signal.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/file.h"
#include "formats.h"
#include "made_store.h"
#include "model/config.h"
#include "xlsx/xlsx.h"

static void make(struct store *s, const char *kind, long count)
{
    if (strcmp(kind, "small") == 0) {
        made_small(s);
    } else if (strcmp(kind, "hostile") == 0) {
        made_hostile_run(s);
    } else if (strcmp(kind, "many") == 0) {
        made_many(s, count);
    } else if (strcmp(kind, "none") == 0) {
        world_build(s);
        made_meta(s);
        made_questions(s);
    } /* "bare": nothing at all was learned */
}

/* Every format, a line each: its name, and what its file is called. */
static int list_formats(void)
{
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)) != NULL; i++) {
        printf("%s report.%s\n", format->name, format->extension);
    }
    return 0;
}

static int write_named(const struct report_input *in, const char *directory, char **names,
                       struct err *err)
{
    int rc = 0;
    for (; rc == 0 && *names != NULL; names++) {
        const struct report_format *format = report_format_find(*names);
        if (format == NULL) {
            return err_set(err, ERR_INPUT, "no format %s", *names);
        }
        char *file = xasprintf("report.%s", format->extension);
        char *path = path_join(directory, file);
        rc = format->write(in, path, err);
        free(path);
        free(file);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct store *s = NULL;
    struct subjects *subjects = NULL;
    struct config config;
    if (argc < 3) {
        return 2;
    }
    if (strcmp(argv[1], "formats") == 0) {
        return list_formats();
    }
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error to report */
    const char *directory = argv[2];
    char *run = path_join(directory, "run.db");
    char *json = path_join(directory, "report.json");
    char *xlsx = path_join(directory, "report.xlsx");
    long count = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
    struct xlsx_limits limits = {XLSX_ROWS_MAX, XLSX_LINKS_MAX};
    if (argc > 4) { /* ROWS or ROWS:LINKS */
        char *end;
        limits.rows = (uint32_t)strtoul(argv[4], &end, 10);
        limits.links = *end == ':' ? (uint32_t)strtoul(end + 1, NULL, 10) : XLSX_LINKS_MAX;
    }
    if (!file_exists(run)) {
        made_must(store_create(run, &s, &err), &err);
        make(s, argv[1], count);
        struct report_summary summary; /* as a scan does: findings are put in order once */
        made_must(report_summarize(s, &summary, &err), &err);
        made_must(store_commit(s, &err), &err);
        store_close(s);
    }
    made_must(store_open(run, true, &s, &err), &err);
    made_must(config_load(NULL, &config, &err), &err);
    made_must(subjects_new(s, config.document, &subjects, &err), &err);
    json_t *rules = json_pack("[{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:[s], s:[], s:{s:[s]}}]", "id",
                              "T0-00", "title", "A rule with all members", "step", 0, "severity",
                              "critical", "scope", "org", "why", "Because.", "how", "Look.",
                              "operations", "organizations:DescribeOrganization", "references",
                              "compliance", "A framework", "1.2");
    const char *templates = env_get("TEMPLATES");
    const struct report_input in = {
        .store = s,
        .subjects = subjects,
        .rules = rules,
        .templates = templates != NULL ? templates : TOWERKEEP_SOURCE_DIR "/templates",
        .templates_shipped = TOWERKEEP_SOURCE_DIR "/templates"};
    int rc = argc > 5 ? write_named(&in, directory, argv + 5, &err)
                      : report_write_json(&in, json, &err) || xlsx_write(&in, xlsx, &limits, &err);
    if (rc != 0) {
        fprintf(stderr, "%s\n", err.text);
    }
    json_decref(rules);
    subjects_free(subjects);
    store_close(s);
    config_release(&config);
    free(run);
    free(json);
    free(xlsx);
    return rc != 0 ? 1 : 0;
}
