/* Control Matrix: every check, its test method and its result. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

#define FRAMEWORKS_MAX 32

static const struct column fixed[] = {{"Check", 9, STYLE_TEXT},
                                      {"Title", 38, STYLE_WRAP},
                                      {"Step", 24, STYLE_TEXT},
                                      {"Severity", 13, STYLE_TEXT},
                                      {"Judged per", 15, STYLE_TEXT},
                                      {"Result", 16, STYLE_TEXT},
                                      {"FAIL", 8, STYLE_NUMBER},
                                      {"ERROR", 8, STYLE_NUMBER},
                                      {"MANUAL", 9, STYLE_NUMBER},
                                      {"MUTED", 8, STYLE_NUMBER},
                                      {"FIXED", 8, STYLE_NUMBER},
                                      {"PASS", 8, STYLE_NUMBER},
                                      {"NOT APPLIC.", 9, STYLE_NUMBER},
                                      {"Why it matters", 42, STYLE_WRAP},
                                      {"How it is tested", 42, STYLE_WRAP},
                                      {"Operations used", 30, STYLE_WRAP},
                                      {"References", 34, STYLE_WRAP},
                                      {"Evidence package", 20, STYLE_TEXT}};
#define FIXED_COUNT (sizeof fixed / sizeof fixed[0])

static const enum status order[] = {STATUS_FAIL,  STATUS_ERROR, STATUS_MANUAL,        STATUS_MUTED,
                                    STATUS_FIXED, STATUS_PASS,  STATUS_NOT_APPLICABLE};

struct frameworks {
    const char *names[FRAMEWORKS_MAX];
    size_t count;
};

static void find_frameworks(const json_t *rules, struct frameworks *f)
{
    size_t i;
    const json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        for (void *at = json_object_iter(json_object_get(rule, "compliance")); at != NULL;
             at = json_object_iter_next(json_object_get(rule, "compliance"), at)) {
            const char *name = json_object_iter_key(at);
            size_t k = 0;
            while (k < f->count && strcmp(f->names[k], name) != 0) {
                k++;
            }
            if (k == f->count && k < FRAMEWORKS_MAX) {
                f->names[f->count++] = name;
            }
        }
    }
}

/* The worst of its statuses. */
static const char *result_of(const struct check_count *c)
{
    for (size_t i = 0; c != NULL && i < sizeof order / sizeof order[0]; i++) {
        if (c->by_status[order[i]] > 0) {
            return status_name(order[i]);
        }
    }
    return "NOT JUDGED";
}

static const struct check_count *count_of(const struct book *b, const char *id)
{
    for (size_t i = 0; i < b->check_count; i++) {
        if (strcmp(b->checks[i].check_id, id) == 0) {
            return &b->checks[i];
        }
    }
    return NULL;
}

static void row(struct sheet *s, const char *id, const struct check_count *c, const json_t *rule,
                const struct frameworks *f)
{
    long long step = c != NULL ? c->step : jx_int(rule, "step", -1);
    const char *severity = c != NULL ? severity_name(c->severity) : jx_str(rule, "severity");
    sheet_row(s);
    sheet_text(s, id);
    sheet_text(s, c != NULL ? c->title : jx_str(rule, "title"));
    sheet_text(s, step_title(step));
    sheet_text(s, severity);
    sheet_text(s, jx_str(rule, "scope"));
    sheet_word(s, result_of(c));
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        sheet_number(s, c != NULL ? c->by_status[order[i]] : 0);
    }
    sheet_text(s, jx_str(rule, "why"));
    sheet_text(s, jx_str(rule, "how"));
    sheet_list(s, jx_get(rule, "operations"));
    sheet_list(s, jx_get(rule, "references"));
    char *folder = c != NULL ? xasprintf("evidence/%.60s/", id) : NULL;
    sheet_text(s, folder);
    free(folder);
    for (size_t i = 0; i < f->count; i++) {
        sheet_list(s, json_object_get(json_object_get(rule, "compliance"), f->names[i]));
    }
}

int xlsx_controls(struct book *b, struct err *err)
{
    struct frameworks f = {.count = 0};
    find_frameworks(b->in->rules, &f);
    struct column *columns = xcalloc(FIXED_COUNT + f.count, sizeof *columns);
    memcpy(columns, fixed, sizeof fixed);
    for (size_t i = 0; i < f.count; i++) {
        columns[FIXED_COUNT + i] = (struct column){f.names[i], 22, STYLE_WRAP};
    }
    struct sheet s = {.book = b,
                      .name = "Control Matrix",
                      .note = "One row per check. Result: the most severe status of its subjects.",
                      .columns = columns,
                      .column_count = FIXED_COUNT + f.count,
                      .large_paper = true,
                      .frozen = 2};
    sheet_open(&s);
    size_t i;
    const json_t *rule;
    json_array_foreach(b->in->rules, i, rule)
    {
        const char *id = jx_str_or(rule, "id", "?");
        row(&s, id, count_of(b, id), rule, &f);
    }
    for (i = 0; i < b->check_count; i++) {
        const char *id = b->checks[i].check_id;
        if (book_rule(b, id) == NULL) {
            row(&s, id, &b->checks[i], NULL, &f);
        }
    }
    int rc = sheet_close(&s, err);
    free(columns);
    return rc;
}
