/* KMS Matrix: the backup key in every governed Region, found or missing. */
#include "base/jsonx.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {{"Region", 16, STYLE_TEXT},
                                        {"Governed", 10, STYLE_TEXT},
                                        {"Role", 14, STYLE_TEXT},
                                        {"State", 18, STYLE_TEXT},
                                        {"Key ARN", 46, STYLE_WRAP},
                                        {"Named in the manifest", 10, STYLE_TEXT},
                                        {"Multi-Region", 9, STYLE_TEXT},
                                        {"Primary in", 15, STYLE_TEXT},
                                        {"Policy equal to the primary's", 12, STYLE_TEXT},
                                        {"Policy lacks", 28, STYLE_WRAP},
                                        {"Foreign accounts in policy", 18, STYLE_WRAP},
                                        {"Open to everyone", 11, STYLE_TEXT},
                                        {"Rotation", 10, STYLE_TEXT},
                                        {"Rotation period (days)", 10, STYLE_NUMBER},
                                        {"Deletion date (UTC)", 20, STYLE_DATE}};

static const char *role_of(const json_t *k)
{
    const char *type = jx_str(k, "type");
    if (!jx_bool(k, "present")) {
        return jx_bool(k, "is_home") ? "primary (due)" : "replica (due)";
    }
    return type == NULL ? "single-Region" : type;
}

static int row(void *context, const json_t *k)
{
    struct sheet *s = context;
    bool present = jx_bool(k, "present");
    sheet_row(s);
    sheet_text(s, jx_str(k, "region"));
    sheet_flag(s, jx_get(k, "governed"), -1);
    sheet_text(s, role_of(k));
    if (!jx_bool(k, "configured")) {
        sheet_styled(s, STYLE_BAD, "no key configured");
    } else {
        sheet_word(s, present ? jx_str_or(k, "state", "unknown") : "missing");
    }
    sheet_text(s, jx_str_or(k, "arn", jx_str(k, "expected_arn")));
    sheet_flag(s, jx_get(k, "in_manifest"), -1);
    sheet_flag(s, present ? jx_get(k, "multi_region") : NULL, 1);
    sheet_text(s, jx_str(k, "primary_region"));
    sheet_flag(s, jx_get(k, "policy.equals_primary"), 1);
    sheet_list(s, present ? jx_get(k, "policy.missing_actions") : NULL);
    sheet_list(s, jx_get(k, "policy.foreign_accounts"));
    sheet_flag(s, present ? jx_get(k, "policy.unconditional_star") : NULL, 0);
    sheet_flag(s, jx_get(k, "rotation_enabled"), 1);
    if (json_is_integer(jx_get(k, "rotation_period_days"))) {
        sheet_number(s, jx_int(k, "rotation_period_days", 0));
    } else {
        sheet_text(s, NULL);
    }
    sheet_iso(s, jx_str(k, "deletion_date"));
    return sheet_going(s);
}

int xlsx_keys(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "KMS Matrix",
                      .note = "The backup key and its replica in each governed Region; empty cells "
                              "could not be read or do not apply.",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .large_paper = true,
                      .frozen = 1};
    sheet_open(&s);
    return subjects_each(b->in->subjects, SCOPE_KEY, row, &s, err) < 0 ? -1 : sheet_close(&s, err);
}
