/* Diff: the change of each finding since the previous run. */
#include "base/jsonx.h"
#include "store/history.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {{"Change", 16, STYLE_TEXT},
                                        {"Severity", 13, STYLE_TEXT},
                                        {"Check", 9, STYLE_TEXT},
                                        {"Title", 28, STYLE_WRAP},
                                        {"Account", 14, STYLE_TEXT},
                                        {"Account name", 16, STYLE_WRAP},
                                        {"Region", 14, STYLE_TEXT},
                                        {"Resource", 24, STYLE_WRAP},
                                        {"Status before", 16, STYLE_TEXT},
                                        {"Status now", 16, STYLE_TEXT},
                                        {"Observed before", 30, STYLE_WRAP},
                                        {"Observed now", 30, STYLE_WRAP},
                                        {"First seen (UTC)", 20, STYLE_DATE},
                                        {"Status before since (UTC)", 20, STYLE_DATE},
                                        {"Finding id", 18, STYLE_TEXT}};

static const enum style change_styles[CHANGE_COUNT] = {
    [CHANGE_REGRESSED] = STYLE_BAD,      [CHANGE_NEW] = STYLE_BAD,
    [CHANGE_WAIVER_EXPIRED] = STYLE_BAD, [CHANGE_CHANGED] = STYLE_WARN,
    [CHANGE_RESOLVED] = STYLE_GOOD,      [CHANGE_NOT_COMPARED] = STYLE_QUIET,
    [CHANGE_UNCHANGED] = STYLE_TEXT};

static int row(void *context, const struct difference *d)
{
    struct sheet *s = context;
    const struct finding *f = d->after != NULL ? d->after : d->before;
    sheet_row(s);
    sheet_styled(s, change_styles[d->change], change_name(d->change));
    sheet_text(s, severity_name(f->severity));
    sheet_text(s, f->check_id);
    sheet_text(s, jx_str(book_rule(s->book, f->check_id), "title"));
    sheet_text(s, f->account_id);
    sheet_text(s, f->account_name);
    sheet_text(s, f->region);
    sheet_text(s, f->resource_name[0] != '\0' ? f->resource_name : f->subject);
    sheet_word(s, d->before != NULL ? status_name(d->before->status) : NULL);
    sheet_word(s, d->after != NULL ? status_name(d->after->status) : NULL);
    sheet_text(s, d->before != NULL ? d->before->observed : NULL);
    sheet_text(s, d->after != NULL ? d->after->observed : NULL);
    sheet_iso(s, d->first_seen);
    sheet_iso(s, d->status_since);
    sheet_text(s, f->id);
    return sheet_going(s);
}

int xlsx_diff(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "Diff",
                      .note = "Findings that differ from the previous run, worse findings first. "
                              "An empty status means that the finding did not or does not exist.",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .large_paper = true,
                      .frozen = 3};
    bool compared = store_has_previous(b->in->store);
    int64_t differing = 0;
    for (unsigned change = 0; change < CHANGE_UNCHANGED; change++) {
        differing += b->summary.by_change[change];
    }
    if (!compared) {
        s.note =
            "No comparison: the directory contained no previous run, and --previous was not given.";
    } else if (differing == 0) {
        s.note = "No differences: all findings are the same as in the previous run.";
    }
    sheet_open(&s);
    for (unsigned change = 0; compared && change < CHANGE_UNCHANGED; change++) {
        if (b->summary.by_change[change] > 0 &&
            store_each_difference(NULL, b->in->store, 1U << change, row, &s, err) < 0) {
            return -1;
        }
    }
    return sheet_close(&s, err);
}
