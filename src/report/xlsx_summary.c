/* Summary: the counts of one page, each with what it is a share of, and two charts drawn from
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "xlsx.h"

#define TOP_CHECKS 10
#define TITLE_LAST 9 /* the last column of a merged title */
#define CHART_ROWS 17
#define SHEET_NAME "Summary"

static const struct column columns[] = {
    {"", 26, STYLE_LABEL},  {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER},
    {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER}, {"", 11, STYLE_NUMBER}, {"", 16, STYLE_NUMBER},
    {"", 11, STYLE_NUMBER}, {"", 13, STYLE_NUMBER}, {"", 22, STYLE_TEXT}};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* The order of the columns; a series of the chart each, but for what was not judged. */
static const struct {
    enum status status;
    lxw_color_t color;
    bool charted;
} shown[] = {{STATUS_FAIL, 0xB91C1C, true},           {STATUS_ERROR, 0xD97706, true},
             {STATUS_MANUAL, 0xFBBF24, true},         {STATUS_MUTED, 0x94A3B8, true},
             {STATUS_FIXED, 0x0E7490, true},          {STATUS_PASS, 0x15803D, true},
             {STATUS_NOT_APPLICABLE, 0xE2E8F0, false}};
#define SHOWN_COUNT (sizeof shown / sizeof shown[0])

static const lxw_color_t state_colors[COVERED_COUNT] = {0x15803D, 0xD97706, 0xB91C1C,
                                                        0x94A3B8, 0xCBD5E1, 0x64748B};

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
    for (size_t i = 0; i < SHOWN_COUNT; i++) {
        sheet_number(s, by_status[shown[i].status]);
        all += by_status[shown[i].status];
    }
    sheet_number(s, all);
    sheet_share(s, by_status[STATUS_PASS], judged);
    char *basis =
        xasprintf("%lld PASS of %lld", (long long)by_status[STATUS_PASS], (long long)judged);
    sheet_styled(s, STYLE_QUIET, basis);
    free(basis);
}

/* Returns the first row of the table's data. */
static lxw_row_t steps(struct sheet *s)
{
    static const char *const words[] = {"Step",
                                        "FAIL",
                                        "ERROR",
                                        "MANUAL",
                                        "MUTED",
                                        "FIXED",
                                        "PASS",
                                        "NOT_APPLICABLE",
                                        "All",
                                        "Pass rate",
                                        "PASS of PASS + FAIL"};
    section(s, "Verdicts by step");
    heads(s, words, sizeof words / sizeof words[0]);
    lxw_row_t first = s->row + 1;
    for (size_t i = 0; i < XLSX_STEPS; i++) {
        sheet_row(s);
        sheet_text(s, step_titles[i]);
        rate_cells(s, s->book->summary.step_status[i]);
    }
    sheet_row(s);
    sheet_text(s, "All steps");
    rate_cells(s, s->book->summary.by_status);
    sheet_row(s);
    sheet_styled(
        s, STYLE_NOTE,
        "The pass rate is PASS / (PASS + FAIL). ERROR (could not be seen), MANUAL (a person "
        "must judge), MUTED (waived), FIXED and NOT_APPLICABLE are left out of it and shown.");
    return first;
}

static void severities(struct sheet *s)
{
    int64_t fails[XLSX_STEPS + 1][SEVERITY_COUNT + 1] = {{0}};
    const struct book *b = s->book;
    for (size_t i = 0; i < b->check_count; i++) {
        int64_t n = b->checks[i].by_status[STATUS_FAIL];
        int step = b->checks[i].step;
        if (step >= 0 && step < XLSX_STEPS) {
            fails[step][b->checks[i].severity] += n;
            fails[step][SEVERITY_COUNT] += n;
        }
        fails[XLSX_STEPS][b->checks[i].severity] += n;
        fails[XLSX_STEPS][SEVERITY_COUNT] += n;
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
    for (size_t i = 0; i <= XLSX_STEPS; i++) {
        sheet_row(s);
        sheet_text(s, i < XLSX_STEPS ? step_titles[i] : "All steps");
        for (size_t k = 0; k <= SEVERITY_COUNT; k++) {
            bool alarming = k <= SEVERITY_HIGH && fails[i][k] > 0;
            sheet_number_as(s, alarming ? STYLE_BAD : STYLE_NUMBER, fails[i][k]);
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
        sheet_text(s, c->step >= 0 && c->step < XLSX_STEPS ? step_titles[c->step] : "");
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
    char *basis =
        xasprintf("%lld of %lld; suspended accounts and closed ungoverned Regions are not "
                  "expected; %lld gaps",
                  (long long)c->reached, (long long)c->expected, (long long)c->gaps);
    sheet_styled(s, STYLE_NOTE, basis);
    free(basis);
}

static void set_title(lxw_chart *chart, const char *title)
{
    lxw_chart_font font = {.size = 12, .bold = LXW_TRUE};
    chart_title_set_name(chart, title);
    chart_title_set_name_font(chart, &font);
}

static lxw_chart *chart_of_steps(struct book *b, lxw_row_t first)
{
    lxw_chart *chart = workbook_add_chart(b->workbook, LXW_CHART_BAR_STACKED_PERCENT);
    for (size_t i = 0; chart != NULL && i < SHOWN_COUNT; i++) {
        if (!shown[i].charted) {
            continue;
        }
        lxw_col_t column = (lxw_col_t)(i + 1);
        lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
        lxw_chart_fill fill = {.color = shown[i].color};
        lxw_row_t last = first + XLSX_STEPS - 1;
        chart_series_set_categories(series, SHEET_NAME, first, 0, last, 0);
        chart_series_set_values(series, SHEET_NAME, first, column, last, column);
        chart_series_set_name(series, status_name(shown[i].status));
        chart_series_set_fill(series, &fill);
    }
    if (chart != NULL) {
        set_title(chart, "Verdicts by step (share of what applies)");
        chart_axis_set_reverse(chart->y_axis); /* the first step on top */
        chart_axis_set_label_position(chart->x_axis, LXW_CHART_AXIS_LABEL_POSITION_HIGH);
        chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
        chart_set_series_gap(chart, 50);
    }
    return chart;
}

static lxw_chart *chart_of_coverage(struct book *b, lxw_row_t first, lxw_row_t last)
{
    lxw_chart *chart = workbook_add_chart(b->workbook, LXW_CHART_DOUGHNUT);
    if (chart == NULL) {
        return NULL;
    }
    lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
    lxw_chart_fill fills[COVERED_COUNT];
    lxw_chart_point points[COVERED_COUNT];
    lxw_chart_point *list[COVERED_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COVERED_COUNT; i++) {
        fills[i] = (lxw_chart_fill){.color = state_colors[i]};
        points[i] = (lxw_chart_point){.fill = &fills[i]};
        list[i] = &points[i];
    }
    chart_series_set_categories(series, SHEET_NAME, first, 0, last, 0);
    chart_series_set_values(series, SHEET_NAME, first, 1, last, 1);
    chart_series_set_name(series, "Account-Regions");
    (void)chart_series_set_points(series, list);
    set_title(chart, "Coverage: account-Regions by state");
    chart_legend_set_position(chart, LXW_CHART_LEGEND_RIGHT);
    chart_set_hole_size(chart, 55);
    return chart;
}

/* Both side by side over rows left empty for them. */
static void place_charts(struct sheet *s, lxw_row_t at, lxw_chart *left, lxw_chart *right)
{
    static char bar[] = "Stacked bar: verdicts by step";
    static char doughnut[] = "Doughnut: coverage of accounts and Regions";
    lxw_chart_options options = {.x_offset = 2,
                                 .y_offset = 4,
                                 .x_scale = 1.25,
                                 .y_scale = 1.15,
                                 .object_position = LXW_OBJECT_MOVE_DONT_SIZE,
                                 .description = bar};
    if (left == NULL || right == NULL ||
        worksheet_insert_chart_opt(s->at, at, 0, left, &options) != LXW_NO_ERROR) {
        s->failed = true;
        return;
    }
    options.x_scale = 0.95;
    options.description = doughnut;
    s->failed = worksheet_insert_chart_opt(s->at, at, 6, right, &options) != LXW_NO_ERROR;
}

int xlsx_summary(struct book *b, struct err *err)
{
    struct sheet s = {.book = b,
                      .name = SHEET_NAME,
                      .columns = columns,
                      .column_count = COLUMN_COUNT,
                      .free_form = true,
                      .portrait = true};
    lxw_row_t covered_first = 0, covered_last = 0;
    sheet_open(&s);
    sheet_row(&s);
    sheet_row(&s);
    sheet_text(&s, "Verdict");
    sheet_merged(&s, 2, word_style(verdict_name(b->summary.verdict)),
                 verdict_name(b->summary.verdict));
    lxw_row_t steps_first = steps(&s);
    lxw_row_t charts = s.row + 2;
    for (size_t i = 0; i < CHART_ROWS + 1; i++) {
        sheet_row(&s);
    }
    coverage(&s, &covered_first, &covered_last);
    severities(&s);
    top_checks(&s);
    if (!s.failed) {
        place_charts(&s, charts, chart_of_steps(b, steps_first),
                     chart_of_coverage(b, covered_first, covered_last));
    }
    if (!s.failed) {
        worksheet_freeze_panes(s.at, 1, 0);
        worksheet_fit_to_pages(s.at, 1, 1);
    }
    return sheet_close(&s, err);
}
