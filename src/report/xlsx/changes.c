/* Changes: the applied changes, step by step. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "formats.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {
    {"Result", 11, STYLE_TEXT},        {"Step", 15, STYLE_WRAP},
    {"Change", 36, STYLE_WRAP},        {"Target", 30, STYLE_WRAP},
    {"Account", 14, STYLE_TEXT},       {"Region", 14, STYLE_TEXT},
    {"Before", 34, STYLE_WRAP},        {"After", 34, STYLE_WRAP},
    {"Operation", 30, STYLE_TEXT},     {"Request id", 38, STYLE_TEXT},
    {"Started (UTC)", 20, STYLE_DATE}, {"Ended (UTC)", 20, STYLE_DATE},
    {"Message", 40, STYLE_WRAP},       {"Plan digest", 20, STYLE_WRAP}};

/* How the engine ended a step, in the workbook's words. */
static const struct {
    const char *state, *result;
} results[] = {{"done", "FIXED"}, {"failed", "FAILED"}};

static const char *result_of(const char *state)
{
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (strcmp(results[i].state, state) == 0) {
            return results[i].result;
        }
    }
    return "SKIPPED";
}

/* A step's id is its remedy and what it acts on: "opt-in/111122223333/eu-west-1". */
static const char *target_of(const char *id)
{
    const char *slash = strchr(id, '/');
    return slash != NULL ? slash + 1 : id;
}

static void state_cell(struct sheet *s, const json_t *value)
{
    char *told = report_state_text(value);
    sheet_text(s, told);
    free(told);
}

static void row(struct sheet *s, const json_t *c)
{
    const char *state = jx_str_or(c, "state", "");
    const char *message = jx_str_or(c, "message", "");
    long long step = jx_int(c, "step", -1);
    sheet_row(s);
    sheet_word(s, result_of(state));
    sheet_text(s, step_title(step));
    sheet_text(s, jx_str(c, "title"));
    sheet_text(s, target_of(jx_str_or(c, "id", "")));
    sheet_text(s, jx_str(c, "account"));
    sheet_text(s, jx_str(c, "region"));
    state_cell(s, json_object_get(c, "before"));
    state_cell(s, json_object_get(c, "after"));
    sheet_text(s, jx_str(c, "operation"));
    sheet_text(s, jx_str(c, "request_id"));
    sheet_iso(s, jx_str(c, "started"));
    sheet_iso(s, jx_str(c, "ended"));
    sheet_text(s, message[0] != '\0' ? message : state);
    sheet_text(s, jx_str(c, "plan"));
}

int xlsx_changes(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = "Changes",
                      .note = "Changes that were made before this run, in the order of the plan. "
                              "Findings contains the results of the same checks afterwards.",
                      .columns = columns,
                      .column_count = sizeof columns / sizeof columns[0],
                      .large_paper = true,
                      .frozen = 3};
    size_t i;
    const json_t *change;
    if (json_array_size(b->changes) == 0) {
        s.note = "No changes: this run is a scan, which sends no writes. Fix, apply, enable and "
                 "teardown list their changes here.";
    }
    sheet_open(&s);
    json_array_foreach(b->changes, i, change)
    {
        row(&s, change);
    }
    return sheet_close(&s, err);
}
