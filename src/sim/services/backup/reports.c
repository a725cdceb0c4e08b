/* Audit Manager's report plans, which live in the backup administrator's home Region. */
#include "services/backup/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

#define DAY_MS INT64_C(86400000)

static const struct {
    const char *name, *template, *description;
} reports[] = {
    {"aws_controltower_backup_report", "BACKUP_JOB_REPORT", "Backup jobs of the organization"},
    {"aws_controltower_copy_report", "COPY_JOB_REPORT", "Copy jobs of the organization"},
    {"aws_controltower_restore_report", "RESTORE_JOB_REPORT", "Restore jobs of the organization"},
};
#define REPORT_COUNT (sizeof reports / sizeof *reports)

void backup_reports_deploy(struct sim *sim, const char *account, const char *region, json_t *state)
{
    char bucket[64], suffix[16];
    backup_suffix(sim, suffix);
    snprintf(bucket, sizeof bucket, "aws-controltower-backup-reports-%s-%s", account, suffix);
    for (size_t i = 0; i < REPORT_COUNT; i++) {
        if (json_object_get(json_object_get(state, "reports"), reports[i].name) != NULL) {
            continue;
        }
        char id[37];
        char *words = xasprintf("report plan|%s|%s", account, reports[i].name);
        sim_hash_uuid(sim, words, id);
        char *name = xasprintf("%s-%s", reports[i].name, id);
        char *arn = backup_arn(sim, account, region, "report-plan", name);
        json_t *wire = json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:s, s:[s]}, s:s, s:o}",
                                 "ReportPlanArn", arn, "ReportPlanName", reports[i].name,
                                 "ReportPlanDescription", reports[i].description, "ReportSetting",
                                 "ReportTemplate", reports[i].template, "ReportDeliveryChannel",
                                 "S3BucketName", bucket, "Formats", "CSV", "DeploymentStatus",
                                 "COMPLETED", "CreationTime", epoch(hashed_birth_ms(sim, words)));
        json_object_set_new(json_object_get(state, "reports"), reports[i].name,
                            json_pack("{s:o, s:{s:s}}", "wire", wire, "tags", "aws-control-tower",
                                      "managed-by-control-tower"));
        free(arn);
        free(name);
        free(words);
    }
}

void backup_reports_withdraw(json_t *state)
{
    for (size_t i = 0; i < REPORT_COUNT; i++) {
        json_object_del(json_object_get(state, "reports"), reports[i].name);
    }
}

/* A report is written every day at 04:00. */
static json_t *with_times(struct sim *sim, const json_t *report)
{
    json_t *row = json_copy(json_object_get(report, "wire"));
    int64_t last = (sim_now_ms(sim) - DAY_MS / 6) / DAY_MS * DAY_MS + DAY_MS / 6;
    json_object_set_new(row, "LastAttemptedExecutionTime", epoch(last));
    json_object_set_new(row, "LastSuccessfulExecutionTime", epoch(last));
    return row;
}

int backup_list_reports(struct sim_call *call)
{
    json_t *rows = json_array(), *report;
    const char *name;
    json_object_foreach(json_object_get(backup_here(call), "reports"), name, report)
    {
        json_array_append_new(rows, with_times(call->sim, report));
    }
    return sim_page_take(call, rows, 1000);
}

int backup_describe_report(struct sim_call *call)
{
    const char *name = jx_str(call->in, "ReportPlanName");
    json_t *report = json_object_get(json_object_get(backup_here(call), "reports"), name);
    if (report == NULL) {
        return backup_missing(call, "Report plan", name);
    }
    return json_object_set_new(call->out, "ReportPlan", with_times(call->sim, report));
}
