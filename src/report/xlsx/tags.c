/* Tags: one row per resource, with the tags that were found and what the backup plans make of
 * them. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "xlsx/xlsx.h"

#define PAIR_MAX 512 /* bytes of a key or value that are shown */

static const struct column columns[] = {{"State", 18, STYLE_TEXT},
                                        {"Resource", 22, STYLE_WRAP},
                                        {"Resource ARN", 36, STYLE_WRAP},
                                        {"Type", 12, STYLE_TEXT},
                                        {"Account", 14, STYLE_TEXT},
                                        {"Account name", 18, STYLE_WRAP},
                                        {"OU path", 18, STYLE_WRAP},
                                        {"Region", 14, STYLE_TEXT},
                                        {"Tags found", 36, STYLE_WRAP},
                                        {"Backup tiers", 16, STYLE_WRAP},
                                        {"A plan looks here", 10, STYLE_TEXT},
                                        {"Selected by", 32, STYLE_WRAP},
                                        {"Why not", 28, STYLE_WRAP},
                                        {"Last backup (UTC)", 20, STYLE_DATE},
                                        {"Newest central copy (UTC)", 20, STYLE_DATE},
                                        {"Central copy in", 15, STYLE_TEXT},
                                        {"Copied to another Region", 10, STYLE_TEXT},
                                        {"Wrong values", 22, STYLE_WRAP},
                                        {"Near misses", 26, STYLE_WRAP},
                                        {"Type opted in", 9, STYLE_TEXT},
                                        {"Seen by", 16, STYLE_WRAP}};

static void pair(struct text *out, const char *a, const char *between, const char *b)
{
    if (out->length > XLSX_CELL_MAX) {
        return;
    }
    text_add(out, out->length > 0 ? "\n" : "");
    text_addn(out, a, strnlen(a, PAIR_MAX));
    text_add(out, between);
    text_addn(out, b, strnlen(b, PAIR_MAX));
}

static void tags_cell(struct sheet *s, json_t *tags)
{
    struct text *list = &s->book->list;
    const char *key;
    json_t *value;
    text_clear(list);
    json_object_foreach(tags, key, value)
    {
        const char *word = json_string_value(value);
        pair(list, key, " = ", word != NULL ? word : "");
    }
    sheet_text(s, text_str(list));
}

static void pairs_cell(struct sheet *s, const json_t *list, const char *first, const char *between,
                       const char *second)
{
    struct text *out = &s->book->list;
    text_clear(out);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        pair(out, jx_str_or(item, first, ""), between, jx_str_or(item, second, ""));
    }
    sheet_text(s, text_str(out));
}

static void unlisted(struct sheet *s, const json_t *r)
{
    sheet_row(s);
    sheet_word(s, "ERROR");
    sheet_text(s, "(resources here could not be listed)");
    sheet_text(s, NULL);
    sheet_text(s, NULL);
    sheet_text(s, jx_str(r, "_account"));
    sheet_text(s, jx_str(r, "_account_name"));
    sheet_text(s, jx_str(r, "_ou_path"));
    sheet_text(s, jx_str(r, "_region"));
    for (int i = 0; i < 4; i++) {
        sheet_text(s, NULL);
    }
    sheet_text(s, jx_str(r, "_gap"));
}

/* What will become of the resource, the worst reason first. */
static void state_cell(struct sheet *s, const json_t *r)
{
    bool faulty = jx_count(r, "wrong_values") > 0 || jx_count(r, "near_misses") > 0;
    const json_t *on = jx_get(r, "type_on");
    bool taken = jx_count(r, "selected_by") > 0; /* by whatever plan, with whatever tag */
    if (jx_bool(r, "exempt")) {
        sheet_styled(s, STYLE_QUIET, "exempt");
    } else if (!taken && !jx_bool(r, "tagged")) {
        sheet_styled(s, faulty ? STYLE_BAD : STYLE_QUIET, faulty ? "mistagged" : "not tagged");
    } else if (!jx_bool(r, "supported")) {
        sheet_styled(s, STYLE_WARN, "not supported");
    } else if (!taken && !jx_bool(r, "plan_looks")) {
        sheet_styled(s, STYLE_WARN, "tagged only");
    } else if (!taken && json_is_false(on)) {
        sheet_styled(s, STYLE_BAD, "type is off");
    } else if (jx_bool(r, "listed") && !jx_bool(r, "in_direct")) {
        sheet_styled(s, STYLE_WARN, "not found");
    } else if (!taken && jx_str_or(r, "why_not", "")[0] != '\0') {
        sheet_styled(s, STYLE_WARN, "tagged, not selected"); /* or nobody could see by what */
    } else {
        sheet_styled(s, faulty ? STYLE_WARN : STYLE_GOOD, faulty ? "selected in part" : "selected");
    }
}

static int row(void *context, const json_t *r)
{
    struct sheet *s = context;
    if (jx_bool(r, "_unlisted")) {
        unlisted(s, r);
        return sheet_going(s);
    }
    bool direct = jx_bool(r, "in_direct"), tagging = jx_bool(r, "in_tagging");
    sheet_row(s);
    state_cell(s, r);
    sheet_text(s, jx_str_or(r, "name", jx_str(r, "_name")));
    sheet_text(s, jx_str_or(r, "arn", jx_str(r, "_arn")));
    sheet_text(s, jx_str_or(r, "type", "not supported"));
    sheet_text(s, jx_str(r, "_account"));
    sheet_text(s, jx_str(r, "_account_name"));
    sheet_text(s, jx_str(r, "_ou_path"));
    sheet_text(s, jx_str(r, "_region"));
    tags_cell(s, json_object_get(r, "tags"));
    sheet_list(s, jx_get(r, "tiers"));
    sheet_flag(s, jx_get(r, "plan_looks"), -1);
    sheet_list(s, jx_get(r, "selected_by"));
    sheet_text(s, jx_str(r, "why_not"));
    sheet_iso(s, jx_str(r, "last_backup"));
    sheet_iso(s, jx_str(r, "central_copy.at"));
    sheet_text(s, jx_str(r, "central_copy.region"));
    sheet_flag(s, jx_get(r, "copied_cross_region"), -1);
    pairs_cell(s, jx_get(r, "wrong_values"), "key", " = ", "value");
    pairs_cell(s, jx_get(r, "near_misses"), "key", " for ", "nearest");
    sheet_flag(s, jx_get(r, "type_on"), -1);
    sheet_text(s, direct && tagging ? "service, Tagging API"
                  : direct          ? "service only"
                  : tagging         ? "Tagging API only"
                                    : "");
    return sheet_going(s);
}

int xlsx_tags(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "Tags",
                      .note = "One row per resource. Method & Glossary explains the states.",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .large_paper = true,
                      .frozen = 2};
    sheet_open(&s);
    return subjects_each(b->in->subjects, SCOPE_RESOURCE, row, &s, err) < 0 ? -1
                                                                            : sheet_close(&s, err);
}
