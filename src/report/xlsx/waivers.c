/* Waivers: accepted failures, with owner, reason and end date. */
#include <string.h>

#include "base/jsonx.h"
#include "formats.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {
    {"State", 12, STYLE_TEXT},         {"Account", 14, STYLE_TEXT},
    {"Check", 16, STYLE_WRAP},         {"Owner", 22, STYLE_WRAP},
    {"Justification", 40, STYLE_WRAP}, {"Ticket", 16, STYLE_WRAP},
    {"Approved by", 22, STYLE_WRAP},   {"Created", 12, STYLE_DAY},
    {"Expires", 12, STYLE_DAY},        {"Days left", 10, STYLE_NUMBER},
    {"Matched", 10, STYLE_NUMBER},     {"Description", 36, STYLE_WRAP},
    {"Line", 8, STYLE_NUMBER},         {"Problem", 24, STYLE_WRAP}};

static void row(struct sheet *s, const json_t *w)
{
    const json_t *left = json_object_get(w, "days_left");
    sheet_row(s);
    sheet_word(s, jx_str(w, "state"));
    sheet_text(s, jx_str(w, "account"));
    sheet_text(s, jx_str(w, "check"));
    sheet_text(s, jx_str(w, "owner"));
    sheet_text(s, jx_str(w, "justification"));
    sheet_text(s, jx_str(w, "ticket"));
    sheet_text(s, jx_str(w, "approved_by"));
    sheet_day(s, jx_str(w, "created"));
    sheet_day(s, jx_str(w, "expires"));
    if (json_is_integer(left)) {
        sheet_number(s, json_integer_value(left));
    } else {
        sheet_text(s, "");
    }
    sheet_number(s, jx_int(w, "matched", 0));
    sheet_text(s, jx_str(w, "description"));
    sheet_number(s, jx_int(w, "line", 0));
    sheet_text(s, jx_str(w, "problem"));
}

int xlsx_waivers(struct book *b, struct err *err)
{
    const char *digest = store_meta(b->in->store, "waivers_digest");
    struct sheet s = {.book = b,
                      .name = "Waivers",
                      .note = "Accepted failures. An expired waiver covers nothing; the last day "
                              "counts in full (UTC). Matched: failures that it covers.",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .large_paper = true,
                      .frozen = 3};
    size_t i;
    const json_t *waiver;
    if (digest == NULL || digest[0] == '\0') {
        s.note = "No waivers: no waiver file was given (--mutelist-file), so every failure "
                 "counts.";
    }
    json_t *waivers = report_kept(b->in->store, "waivers");
    sheet_open(&s);
    json_array_foreach(waivers, i, waiver)
    {
        row(&s, waiver);
    }
    json_decref(waivers);
    return sheet_close(&s, err);
}
