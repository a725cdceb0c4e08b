/* Findings: every result, failures first. PASS rows are included: they are evidence too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {{"Finding id", 18, STYLE_TEXT},
                                        {"Status", 16, STYLE_TEXT},
                                        {"Severity", 13, STYLE_TEXT},
                                        {"Check", 9, STYLE_TEXT},
                                        {"Title", 26, STYLE_WRAP},
                                        {"Step", 13, STYLE_WRAP},
                                        {"Account", 14, STYLE_TEXT},
                                        {"Account name", 16, STYLE_WRAP},
                                        {"OU path", 17, STYLE_WRAP},
                                        {"Region", 14, STYLE_TEXT},
                                        {"Resource", 18, STYLE_WRAP},
                                        {"Resource ARN", 30, STYLE_WRAP},
                                        {"Expected", 24, STYLE_WRAP},
                                        {"Observed", 26, STYLE_WRAP},
                                        {"Detail", 30, STYLE_WRAP},
                                        {"Risk", 28, STYLE_WRAP},
                                        {"Remediation", 32, STYLE_WRAP},
                                        {"Fix available", 14, STYLE_WRAP},
                                        {"First seen (UTC)", 20, STYLE_DATE},
                                        {"Last seen (UTC)", 20, STYLE_DATE},
                                        {"Status since (UTC)", 20, STYLE_DATE},
                                        {"Age (days)", 9, STYLE_NUMBER},
                                        {"Waiver", 16, STYLE_WRAP},
                                        {"Evidence (facts)", 14, STYLE_WRAP},
                                        {"Framework requirements", 60, STYLE_WRAP}};
#define AGE_COLUMN 21

/* The detail; of what was fixed, also how it was before. */
static void detail_cell(struct sheet *s, const struct finding *f)
{
    const char *before = jx_str(json_object_get(s->book->before, f->id), "observed");
    if (f->status != STATUS_FIXED || before == NULL) {
        sheet_text(s, f->detail);
        return;
    }
    struct text *both = &s->book->list;
    text_clear(both);
    text_add(both, "failed before: ");
    text_addn(both, before, strnlen(before, XLSX_CELL_MAX));
    text_add(both, f->detail[0] != '\0' ? "\n" : "");
    text_addn(both, f->detail, strnlen(f->detail, XLSX_CELL_MAX));
    sheet_text(s, text_str(both));
}

static void age_cell(struct sheet *s, const struct finding *f)
{
    int64_t days = book_days_since(s->book, f->status_since);
    if (days < 0) {
        sheet_text(s, NULL);
    } else {
        sheet_number(s, days);
    }
}

/* Old failures stand out; what passes may be as old as it likes. */
static void dress(struct sheet *s, lxw_row_t first, lxw_row_t last)
{
    static const struct {
        int days;
        enum style style;
    } ages[] = {{90, STYLE_BAD}, {30, STYLE_WARN}};
    for (size_t i = 0; last >= first && i < sizeof ages / sizeof ages[0]; i++) {
        char formula[80];
        (void)snprintf(formula, sizeof formula, "=AND($B%u=\"FAIL\",$V%u>=%d)", first + 1,
                       first + 1, ages[i].days);
        lxw_conditional_format old = {.type = LXW_CONDITIONAL_TYPE_FORMULA,
                                      .value_string = formula,
                                      .format = s->book->formats[ages[i].style],
                                      .stop_if_true = LXW_TRUE};
        (void)worksheet_conditional_format_range(s->at, first, AGE_COLUMN, last, AGE_COLUMN, &old);
    }
}

static int row(void *context, const struct finding *f)
{
    struct sheet *s = context;
    /* "Create the missing account" would read wrong beside PASS. */
    bool well =
        f->status == STATUS_PASS || f->status == STATUS_FIXED || f->status == STATUS_NOT_APPLICABLE;
    sheet_row(s);
    sheet_text(s, f->id);
    sheet_word(s, status_name(f->status));
    if (f->status == STATUS_FAIL || f->status == STATUS_ERROR) {
        sheet_word(s, severity_name(f->severity));
    } else {
        sheet_text(s, severity_name(f->severity)); /* how bad it would be, had it failed */
    }
    sheet_text(s, f->check_id);
    sheet_text(s, f->title);
    sheet_text(s, step_title(f->step));
    sheet_text(s, f->account_id);
    sheet_text(s, f->account_name);
    sheet_text(s, f->ou_path);
    sheet_text(s, f->region);
    sheet_text(s, f->resource_name[0] != '\0' ? f->resource_name : f->subject);
    sheet_text(s, f->resource_arn);
    sheet_text(s, f->expected);
    sheet_text(s, f->observed);
    detail_cell(s, f);
    sheet_text(s, well ? NULL : f->risk);
    sheet_text(s, well ? NULL : f->remediation);
    sheet_text(s, well ? NULL : f->remedy);
    sheet_iso(s, f->first_seen);
    sheet_iso(s, f->last_seen);
    sheet_iso(s, f->status_since);
    age_cell(s, f);
    sheet_text(s, f->waiver);
    sheet_evidence(s, strtoll(f->evidence, NULL, 10), f->evidence);
    sheet_text(s, book_requirements(s->book, f->check_id));
    return sheet_going(s);
}

static int64_t count(const struct book *b)
{
    int64_t all = 0;
    for (int i = 0; i < STATUS_COUNT; i++) {
        all += b->summary.by_status[i];
    }
    return all;
}

int xlsx_findings(struct book *b, struct err *err)
{
    char note[400];
    (void)snprintf(note, sizeof note,
                   "One row per check and subject, FAIL first, then ERROR and MANUAL. The finding "
                   "ID is the same in every run. Age: days since the finding got its status. "
                   "Evidence links to Evidence Index%s",
                   count(b) <= b->limits.links ? "." : " in the first ");
    if (count(b) > b->limits.links) {
        size_t at = strlen(note);
        (void)snprintf(note + at, sizeof note - at,
                       "%u rows, the limit of Excel; for later rows, search for the number there.",
                       b->limits.links);
    }
    struct sheet s = {.book = b,
                      .name = "Findings",
                      .note = note,
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .large_paper = true,
                      .frozen = 4,
                      .dress = dress};
    sheet_open(&s);
    return store_each_finding(b->in->store, row, &s, err) < 0 ? -1 : sheet_close(&s, err);
}
