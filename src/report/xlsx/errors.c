/* Errors: every collection error and its effect. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

static const struct column columns[] = {
    {"Gap", 7, STYLE_NUMBER},        {"Time (UTC)", 20, STYLE_DATE},
    {"Account", 15, STYLE_TEXT},     {"Region", 16, STYLE_TEXT},
    {"Operation", 32, STYLE_TEXT},   {"Target", 30, STYLE_WRAP},
    {"Class", 18, STYLE_TEXT},       {"Code", 26, STYLE_WRAP},
    {"Message", 56, STYLE_WRAP},     {"Request id", 38, STYLE_TEXT},
    {"Consequence", 56, STYLE_WRAP}, {"Verdicts in ERROR here", 12, STYLE_NUMBER}};

static const struct {
    const char *operation, *class; /* NULL: any */
    const char *consequence;
} consequences[] = {
    {"sts:AssumeRole", NULL,
     "No role could be assumed in the account: nothing in it was read, and all its checks are "
     "ERROR."},
    {NULL, "region-deny",
     "A service control policy denies this Region, so nothing was read. Normal outside the "
     "governed Regions; in a governed Region, its checks are ERROR."},
    {NULL, "region-unavailable",
     "The Region is not enabled for the account, or does not have the service. Normal outside the "
     "governed Regions; in a governed Region, its checks are ERROR."},
    {NULL, "denied",
     "The role is not allowed to make this call: checks that depend on it are ERROR, neither PASS "
     "nor "
     "FAIL."},
    {NULL, "skipped",
     "Not sent because an earlier answer is missing: checks that depend on it are "
     "ERROR here."},
    {NULL, "throttled",
     "AWS throttled the call on every attempt: checks that depend on it are ERROR; scan again."},
    {NULL, "malformed",
     "The answer was invalid and was not used: checks that depend on it are ERROR."},
    {NULL, NULL, "No usable answer: checks that depend on this call are ERROR."},
};

struct errors {
    struct sheet sheet;
    struct map *open; /* "account/region" and "account/" -> int64_t: verdicts left open */
};

static void count(struct map *m, const char *account, const char *region)
{
    char *key = xasprintf("%s/%s", account, region);
    int64_t *n = map_get(m, key);
    if (n == NULL) {
        n = xcalloc(1, sizeof *n);
        map_set(m, key, n);
    }
    ++*n;
    free(key);
}

static int count_open(void *context, const struct finding *f)
{
    struct errors *e = context;
    if (f->status == STATUS_ERROR) {
        count(e->open, f->account_id, f->region);
        if (f->region[0] != '\0') {
            count(e->open, f->account_id, "");
        }
    }
    return f->status == STATUS_FAIL || f->status == STATUS_ERROR ? 0 : 1; /* they come first */
}

static const char *consequence_of(const struct gap *g)
{
    size_t i = 0;
    while ((consequences[i].operation != NULL &&
            strcmp(consequences[i].operation, g->operation) != 0) ||
           (consequences[i].class != NULL && strcmp(consequences[i].class, g->class) != 0)) {
        i++;
    }
    return consequences[i].consequence;
}

static int row(void *context, int64_t id, const struct gap *g)
{
    struct errors *e = context;
    struct sheet *s = &e->sheet;
    char *key = xasprintf("%s/%s", g->account, g->region);
    const int64_t *open = map_get(e->open, key);
    free(key);
    sheet_row(s);
    sheet_number(s, id);
    sheet_time(s, g->wall_ms);
    sheet_text(s, g->account);
    sheet_text(s, g->region[0] != '\0' ? g->region : "all Regions");
    sheet_text(s, g->operation);
    sheet_text(s, g->target);
    sheet_styled(s, STYLE_WARN, g->class);
    sheet_text(s, g->code);
    sheet_text(s, g->message);
    sheet_text(s, g->request_id);
    sheet_text(s, consequence_of(g));
    sheet_number(s, open != NULL ? *open : 0);
    return sheet_going(s);
}

int xlsx_errors(struct book *b, struct err *err)
{
    struct errors e = {.open = map_new(free)};
    e.sheet = (struct sheet){.book = b,
                             .name = "Errors",
                             .note = "Everything that could not be read. An empty table means that "
                                     "there were no collection errors.",
                             .columns = columns,
                             .column_count = sizeof columns / sizeof columns[0],
                             .large_paper = true,
                             .frozen = 0};
    int rc = store_each_finding(b->in->store, count_open, &e, err);
    if (rc >= 0) {
        sheet_open(&e.sheet);
        rc = store_each_gap(b->in->store, row, &e, err) < 0 ? -1 : sheet_close(&e.sheet, err);
    }
    map_free(e.open);
    return rc;
}
