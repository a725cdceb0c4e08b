/* Landing Zone: the settings of Control Tower, and its backup section as in AWS's answer. */
#include <stdlib.h>

#include "base/jsonx.h"
#include "formats.h"
#include "xlsx/xlsx.h"

#define DO_NOT "control-tower-do-not" /* rules/frameworks */

static const struct column columns[] = {
    {"Item", 36, STYLE_LABEL}, {"Value", 60, STYLE_WRAP}, {"What it means", 60, STYLE_WRAP}};

static const struct {
    const char *item, *path, *meaning;
} lines[] = {
    {"Landing zone found", "present", "Without one there is no managed backup architecture."},
    {"ARN", "arn", ""},
    {"Status", "status", "ACTIVE, or PROCESSING or FAILED after the last change."},
    {"Version", "version", ""},
    {"Latest available version", "latest_version", ""},
    {"Drift", "drift", "IN_SYNC: unchanged since the last Control Tower operation."},
    {"Home Region", "home_region", ""},
    {"Home Region is governed", "home_governed", ""},
    {"Governed Regions", "governed_regions", "Each needs backup vaults and a key replica."},
    {"Backup enabled", "backup.enabled", "The landing zone setting for centralized backup."},
    {"Central backup account", "backup.central_account", "Contains the central vaults."},
    {"Backup administrator account", "backup.admin_account",
     "Delegated administrator of AWS Backup."},
    {"Backup key", "backup.kms_key_arn", "The multi-Region key that encrypts the vaults."},
    {"Backup settings complete", "backup.complete", "Both accounts and the key are named."},
    {"Config enabled", "config_enabled", "A prerequisite of backup."},
    {"Security roles enabled", "security_roles_enabled", "A prerequisite of backup."},
    {"Baselines under change", "under_change", "Make no other change while these run."},
    {"Running operations", "running_operations", ""},
    {"Last operation", "last_operation.type", ""},
    {"Last operation, status", "last_operation.status", ""},
    {"Last operation, message", "last_operation.message", ""},
    {"Manifest problems", "schema_problems",
     "Parts of the manifest that are invalid for its version."},
};

static void value(struct sheet *s, const json_t *v)
{
    if (json_is_boolean(v)) {
        sheet_flag(s, v, -1);
    } else if (json_is_array(v)) {
        sheet_list(s, v);
    } else {
        sheet_word(s, json_string_value(v));
    }
}

/* What AWS documents as not to be done, for which Control Tower reports no drift: a framework like
   the others. */
static int do_not(struct sheet *s, struct err *err)
{
    json_t *rows = NULL;
    size_t i, k;
    const json_t *r, *check;
    if (report_compliance(s->book->in->store, &rows, err)) {
        return -1;
    }
    json_array_foreach(rows, i, r)
    {
        struct text *why = &s->book->list;
        if (!str_equal(jx_str(r, "framework"), DO_NOT)) {
            continue;
        }
        sheet_row(s);
        sheet_text(s, jx_str(r, "title"));
        sheet_word(s, jx_str(r, "result"));
        text_clear(why);
        text_add(why, jx_str_or(r, "why", ""));
        json_array_foreach(json_object_get(r, "checks"), k, check)
        {
            text_addf(why, "%s%.40s: %.300s (%.20s)", why->length > 0 ? "\n" : "",
                      jx_str_or(check, "id", ""), jx_str_or(check, "rationale", ""),
                      jx_str_or(check, "result", ""));
        }
        sheet_text(s, text_str(why));
    }
    json_decref(rows);
    return 0;
}

int xlsx_landing_zone(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "Landing Zone",
                      .note = "Settings of the landing zone in this run (results: Findings, step "
                              "3), and the changes that AWS asks to avoid while backup is enabled.",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .frozen = 1};
    const json_t *zone = book_zone(b);
    sheet_open(&s);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        sheet_row(&s);
        sheet_text(&s, lines[i].item);
        value(&s, jx_get(zone, lines[i].path));
        sheet_text(&s, lines[i].meaning);
    }
    const json_t *backup = jx_get(zone, "manifest.backup");
    char *text = backup != NULL ? json_dumps(backup, JSON_INDENT(2)) : NULL;
    sheet_row(&s);
    sheet_text(&s, "Manifest, backup section");
    sheet_text(&s, text != NULL ? text : "(absent)");
    sheet_text(&s, "As AWS sent it.");
    free(text);
    if (do_not(&s, err)) {
        return -1;
    }
    return sheet_close(&s, err);
}
