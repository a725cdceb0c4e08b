/* Coverage: one row per account and Region, with the API calls made there and their results. */
#include "inventory/coverage.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {
    {"Account", 15, STYLE_TEXT},           {"Account name", 26, STYLE_WRAP},
    {"OU path", 32, STYLE_WRAP},           {"Region", 16, STYLE_TEXT},
    {"Governed", 10, STYLE_TEXT},          {"State", 18, STYLE_TEXT},
    {"Questions", 11, STYLE_NUMBER},       {"Answered", 11, STYLE_NUMBER},
    {"Denied", 10, STYLE_NUMBER},          {"Throttled, then answered", 12, STYLE_NUMBER},
    {"Failed otherwise", 11, STYLE_NUMBER}};

static int row(void *context, const struct coverage *c)
{
    struct sheet *s = context;
    const int64_t counts[] = {c->expected, c->ok, c->denied, c->throttled_then_ok, c->failed};
    sheet_row(s);
    sheet_text(s, c->account);
    sheet_text(s, c->name);
    sheet_text(s, c->ou_path);
    sheet_text(s, c->region);
    sheet_text(s, c->governed ? "yes" : "no");
    sheet_word(s, c->state);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        sheet_number(s, counts[i]);
    }
    return sheet_going(s);
}

int xlsx_coverage(struct book *b, struct err *err)
{
    struct sheet s = {
        .book = b,
        .name = "Coverage",
        .note = "Every expected account and Region. Outside the governed Regions, REGION DENY and "
                "REGION DISABLED are normal and do not count as collection errors.",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .frozen = 1};
    sheet_open(&s);
    return coverage_each(b->in->store, row, &s, err) < 0 ? -1 : sheet_close(&s, err);
}
