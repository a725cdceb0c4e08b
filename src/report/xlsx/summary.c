/* Summary: the counts, each with its total, and the charts built from them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

#define TOP_CHECKS 10
#define TITLE_LAST 9 /* the last column of a merged title */
#define CHART_ROWS 17
#define OUS_MAX 12  /* shown one by one */
#define RUNS_MAX 20 /* of the trend */

static const struct column columns[] = {
    {"", 26, STYLE_LABEL},  {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER},
    {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER}, {"", 16, STYLE_NUMBER},
    {"", 11, STYLE_NUMBER}, {"", 13, STYLE_NUMBER}, {"", 22, STYLE_TEXT}};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static void section(struct sheet *s, const char *title)
{
    sheet_row(s);
    sheet_row(s);
    sheet_height(s, 20);
    sheet_styled(s, STYLE_SECTION, title);
}

static void heads(struct sheet *s, const char *const *words, size_t count)
{
    sheet_row(s);
    sheet_height(s, 20);
    for (size_t i = 0; i < count; i++) {
        sheet_styled(s, STYLE_HEADER, words[i]);
    }
}

static void rate_cells(struct sheet *s, const int64_t by_status[STATUS_COUNT])
{
    int64_t judged = by_status[STATUS_PASS] + by_status[STATUS_FAIL];
    int64_t all = 0;
    for (size_t i = 0; i < XLSX_SHOWN; i++) {
        sheet_number(s, by_status[xlsx_shown[i].status]);
        all += by_status[xlsx_shown[i].status];
    }
    sheet_number(s, all);
    sheet_share(s, by_status[STATUS_PASS], judged);
    char *basis =
        xasprintf("%lld PASS of %lld", (long long)by_status[STATUS_PASS], (long long)judged);
    sheet_styled(s, STYLE_QUIET, basis);
    free(basis);
}

static void verdict_heads(struct sheet *s, const char *first)
{
    static const char *const words[] = {"All", "Pass rate", "PASS of PASS + FAIL"};
    heads(s, &first, 1);
    for (size_t i = 0; i < XLSX_SHOWN; i++) {
        sheet_styled(s, STYLE_HEADER, status_name(xlsx_shown[i].status));
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        sheet_styled(s, STYLE_HEADER, words[i]);
    }
}

/* Returns the first row of the table's data. */
static lxw_row_t steps(struct sheet *s)
{
    section(s, "Findings by step");
    verdict_heads(s, "Step");
    lxw_row_t first = s->row + 1;
    for (size_t i = 0; i < STEP_COUNT; i++) {
        sheet_row(s);
        sheet_text(s, step_title((long long)i));
        rate_cells(s, s->book->summary.step_status[i]);
    }
    sheet_row(s);
    sheet_text(s, "All steps");
    rate_cells(s, s->book->summary.by_status);
    sheet_row(s);
    sheet_styled(s, STYLE_NOTE,
                 "The pass rate is PASS / (PASS + FAIL). It does not include ERROR (could not be "
                 "read), MANUAL (needs manual review), MUTED (waived), FIXED and NOT_APPLICABLE.");
    return first;
}

static void severities(struct sheet *s)
{
    int64_t fails[STEP_COUNT + 1][SEVERITY_COUNT + 1] = {{0}};
    const struct book *b = s->book;
    for (size_t i = 0; i < b->check_count; i++) {
        int64_t n = b->checks[i].by_status[STATUS_FAIL];
        int step = b->checks[i].step;
        if (step >= 0 && step < STEP_COUNT) {
            fails[step][b->checks[i].severity] += n;
            fails[step][SEVERITY_COUNT] += n;
        }
        fails[STEP_COUNT][b->checks[i].severity] += n;
        fails[STEP_COUNT][SEVERITY_COUNT] += n;
    }
    section(s, "Failures by step and severity");
    sheet_row(s);
    sheet_height(s, 20);
    sheet_styled(s, STYLE_HEADER, "Step");
    for (int k = 0; k < SEVERITY_COUNT; k++) {
        sheet_styled(s, STYLE_HEADER,
                     k == SEVERITY_INFORMATIONAL ? "info" : severity_name((enum severity)k));
    }
    sheet_styled(s, STYLE_HEADER, "All");
    for (size_t i = 0; i <= STEP_COUNT; i++) {
        sheet_row(s);
        sheet_text(s, i < STEP_COUNT ? step_title((long long)i) : "All steps");
        for (size_t k = 0; k <= SEVERITY_COUNT; k++) {
            bool alarming = k <= SEVERITY_HIGH && fails[i][k] > 0;
            sheet_number_as(s, alarming ? STYLE_BAD_NUMBER : STYLE_NUMBER, fails[i][k]);
        }
    }
}

static int by_failures(const void *a, const void *b)
{
    const struct check_count *const *first = a;
    const struct check_count *const *second = b;
    int64_t more = (*second)->by_status[STATUS_FAIL] - (*first)->by_status[STATUS_FAIL];
    if ((*first)->severity != (*second)->severity) {
        return (*first)->severity < (*second)->severity ? -1 : 1;
    }
    return more > 0 ? 1 : more < 0 ? -1 : strcmp((*first)->check_id, (*second)->check_id);
}

static void top_checks(struct sheet *s)
{
    static const char *const words[] = {"Check", "Severity", "Failures", "Judged"};
    const struct book *b = s->book;
    const struct check_count **order = xcalloc(b->check_count + 1, sizeof *order);
    size_t failing = 0;
    for (size_t i = 0; i < b->check_count; i++) {
        if (b->checks[i].by_status[STATUS_FAIL] > 0) {
            order[failing++] = &b->checks[i];
        }
    }
    qsort(order, failing, sizeof *order, by_failures);
    section(s, "Top ten failing checks (severity first, then number of failures)");
    if (failing == 0) {
        sheet_row(s);
        sheet_styled(s, STYLE_TEXT, "No check fails.");
    } else {
        heads(s, words, sizeof words / sizeof words[0]);
        sheet_merged(s, TITLE_LAST, STYLE_HEADER, "Title");
        sheet_styled(s, STYLE_HEADER, "Step");
    }
    for (size_t i = 0; i < failing && i < TOP_CHECKS; i++) {
        const struct check_count *c = order[i];
        sheet_row(s);
        sheet_text(s, c->check_id);
        enum style style = word_style(severity_name(c->severity));
        sheet_styled(s, style, severity_name(c->severity));
        sheet_number(s, c->by_status[STATUS_FAIL]);
        sheet_number(s, c->by_status[STATUS_FAIL] + c->by_status[STATUS_PASS]);
        sheet_merged(s, TITLE_LAST, STYLE_TEXT, c->title);
        sheet_text(s, step_title(c->step));
    }
    free(order);
}

static void coverage(struct sheet *s, lxw_row_t *first, lxw_row_t *last)
{
    static const char *const words[] = {"State", "Count"};
    const struct coverage_totals *c = &s->book->summary.coverage;
    section(s, "Coverage of accounts and Regions");
    heads(s, words, 2);
    *first = s->row + 1;
    for (size_t i = 0; i < COVERED_COUNT; i++) {
        sheet_row(s);
        sheet_text(s, coverage_words[i]);
        sheet_number(s, s->book->covered[i]);
    }
    *last = s->row;
    sheet_row(s);
    sheet_text(s, "Reached of expected");
    sheet_share(s, c->reached, c->expected);
    char *basis = xasprintf("%lld of %lld; suspended accounts and denied Regions that are not "
                            "governed are not expected; %lld collection errors",
                            (long long)c->reached, (long long)c->expected, (long long)c->gaps);
    sheet_styled(s, STYLE_NOTE, basis);
    free(basis);
}

struct unit { /* what the findings in one OU say */
    char *path;
    int64_t by_status[STATUS_COUNT];
};

struct units {
    struct unit *items;
    size_t count;
};

static int keep_unit(void *context, const struct ou_count *c)
{
    struct units *u = context;
    u->items = xreallocarray(u->items, u->count + 1, sizeof *u->items);
    struct unit *kept = &u->items[u->count++];
    kept->path = xstrdup(c->ou_path[0] != '\0' ? c->ou_path : "(in no OU)");
    memcpy(kept->by_status, c->by_status, sizeof kept->by_status);
    return 0;
}

static int by_trouble(const void *a, const void *b)
{
    const struct unit *first = a, *second = b;
    static const enum status order[] = {STATUS_FAIL, STATUS_ERROR, STATUS_PASS};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        int64_t more = second->by_status[order[i]] - first->by_status[order[i]];
        if (more != 0) {
            return more > 0 ? 1 : -1;
        }
    }
    return strcmp(first->path, second->path);
}

/* The worst ones, and the rest in one line. */
static int ous(struct sheet *s, lxw_row_t *first, lxw_row_t *last, struct err *err)
{
    struct units u = {0};
    struct unit rest = {0};
    int rc = store_each_ou_count(s->book->in->store, keep_unit, &u, err) < 0 ? -1 : 0;
    if (u.count > 0) {
        qsort(u.items, u.count, sizeof *u.items, by_trouble);
    }
    section(s, "Findings by OU (most failures first)");
    verdict_heads(s, "OU");
    *first = s->row + 1;
    for (size_t i = 0; i < u.count; i++) {
        if (i < OUS_MAX) {
            sheet_row(s);
            sheet_text(s, u.items[i].path);
            rate_cells(s, u.items[i].by_status);
        }
        for (size_t k = 0; i >= OUS_MAX && k < STATUS_COUNT; k++) {
            rest.by_status[k] += u.items[i].by_status[k];
        }
        free(u.items[i].path);
    }
    if (u.count > OUS_MAX) {
        char *words_of_rest = xasprintf("%zu further OUs", u.count - OUS_MAX);
        sheet_row(s);
        sheet_text(s, words_of_rest);
        rate_cells(s, rest.by_status);
        free(words_of_rest);
    } else if (u.count == 0) {
        sheet_row(s);
        sheet_text(s, "(no findings)");
    }
    *last = s->row;
    free(u.items);
    return rc;
}

static void trend_row(struct sheet *s, const json_t *run)
{
    static const enum status columns_of[] = {STATUS_FAIL,  STATUS_ERROR, STATUS_MANUAL,
                                             STATUS_MUTED, STATUS_FIXED, STATUS_PASS};
    const json_t *by = json_object_get(run, "by_status");
    const char *verdict = jx_str(run, "verdict");
    const char *ended = jx_str_or(run, "ended", "");
    /* Text, not a date: a line chart would space dates by the calendar. */
    char *label = xasprintf("%.10s %.5s", ended, strlen(ended) > 16 ? ended + 11 : "");
    sheet_row(s);
    sheet_text(s, label);
    free(label);
    for (size_t i = 0; i < sizeof columns_of / sizeof columns_of[0]; i++) {
        sheet_number(s, jx_int(by, status_name(columns_of[i]), 0));
    }
    int64_t passed = jx_int(by, "PASS", 0), failed = jx_int(by, "FAIL", 0);
    sheet_share(s, passed, passed + failed);
    sheet_share(s, jx_int(run, "reached", 0), jx_int(run, "expected", 0));
    sheet_merged(s, TITLE_LAST + 1, word_style(verdict), verdict);
}

static void trend(struct sheet *s, lxw_row_t *first, lxw_row_t *last)
{
    static const char *const words[] = {"Run ended (UTC)", "FAIL", "ERROR",     "MANUAL", "MUTED",
                                        "FIXED",           "PASS", "Pass rate", "Reached"};
    const json_t *runs = s->book->trend;
    size_t count = json_array_size(runs);
    section(s, "Trend over the last runs");
    heads(s, words, sizeof words / sizeof words[0]);
    sheet_merged(s, TITLE_LAST + 1, STYLE_HEADER, "Verdict");
    *first = s->row + 1;
    for (size_t i = count > RUNS_MAX ? count - RUNS_MAX : 0; i < count; i++) {
        trend_row(s, json_array_get(runs, i));
    }
    *last = s->row;
    if (count <= 1) {
        sheet_row(s);
        sheet_styled(s, STYLE_NOTE,
                     "There is no earlier run. A scan into the same directory, or with --previous, "
                     "continues this table.");
    }
}

static void changes_since(struct sheet *s)
{
    const struct book *b = s->book;
    struct text *line = &s->book->list;
    const char *before = store_meta(b->in->store, "previous_ended");
    text_clear(line);
    for (unsigned i = 0; b->summary.compared && i <= CHANGE_UNCHANGED; i++) {
        text_addf(line, "%s%lld %s", i > 0 ? ", " : "", (long long)b->summary.by_change[i],
                  change_name((enum change)i));
    }
    sheet_row(s);
    sheet_text(s, "Since the previous run");
    if (b->summary.compared) {
        text_addf(line, " (that run ended %.24s)", before != NULL ? before : "?");
    }
    sheet_merged(s, TITLE_LAST + 1, STYLE_WRAP,
                 b->summary.compared ? text_str(line) : "There is no previous run.");
}

/* Two charts side by side over rows left empty for them. */
static void place_charts(struct sheet *s, lxw_row_t at, lxw_chart *left, const char *left_words,
                         lxw_chart *right, const char *right_words)
{
    char *words[] = {xstrdup(left_words), xstrdup(right_words)};
    lxw_chart *const charts[] = {left, right};
    for (size_t i = 0; i < 2 && !s->failed; i++) {
        lxw_chart_options options = {.x_offset = 2,
                                     .y_offset = 4,
                                     .x_scale = i == 0 ? 1.25 : 1.02,
                                     .y_scale = 1.15,
                                     .object_position = LXW_OBJECT_MOVE_DONT_SIZE,
                                     .description = words[i]};
        s->failed = charts[i] == NULL ||
                    worksheet_insert_chart_opt(s->at, at, i == 0 ? 0 : 6, charts[i], &options) !=
                        LXW_NO_ERROR;
    }
    free(words[0]);
    free(words[1]);
}

static lxw_row_t leave_room(struct sheet *s)
{
    lxw_row_t at = s->row + 2;
    for (size_t i = 0; i < CHART_ROWS + 1; i++) {
        sheet_row(s);
    }
    return at;
}

static void top(struct sheet *s)
{
    const char *word = verdict_name(s->book->summary.verdict);
    sheet_row(s);
    sheet_row(s);
    sheet_text(s, "Verdict");
    sheet_merged(s, 2, word_style(word), word);
    if (s->book->summary.selection[0] != '\0') {
        sheet_row(s);
        sheet_text(s, "Selection");
        sheet_merged(s, COLUMN_COUNT - 1, STYLE_WRAP, s->book->summary.selection);
    }
    changes_since(s);
}

int xlsx_summary(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = XLSX_SUMMARY,
                      .columns = columns,
                      .column_count = COLUMN_COUNT,
                      .free_form = true,
                      .portrait = true};
    lxw_row_t covered_first = 0, covered_last = 0, ous_first = 0, ous_last = 0;
    lxw_row_t runs_first = 0, runs_last = 0;
    sheet_open(&s);
    top(&s);
    lxw_row_t steps_first = steps(&s);
    lxw_row_t upper = leave_room(&s);
    coverage(&s, &covered_first, &covered_last);
    severities(&s);
    top_checks(&s);
    if (ous(&s, &ous_first, &ous_last, err)) {
        return -1;
    }
    trend(&s, &runs_first, &runs_last);
    lxw_row_t lower = leave_room(&s);
    if (!s.failed) {
        place_charts(&s, upper,
                     chart_of_verdicts(b, "Findings by step", "step", steps_first,
                                       steps_first + STEP_COUNT - 1),
                     "Stacked bar: findings by step",
                     chart_of_coverage(b, covered_first, covered_last),
                     "Doughnut: coverage of accounts and Regions");
        place_charts(&s, lower, chart_of_verdicts(b, "Findings by OU", "OU", ous_first, ous_last),
                     "Stacked bar: findings by OU", chart_of_trend(b, runs_first, runs_last),
                     "Line: failures and errors of the last runs");
    }
    if (!s.failed) {
        worksheet_freeze_panes(s.at, 1, 0);
        worksheet_fit_to_pages(s.at, 1, 0);
    }
    return sheet_close(&s, err);
}
