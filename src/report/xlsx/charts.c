/* The charts of Summary: native charts, built from the cells of its tables. */
#include "xlsx/xlsx.h"

const struct shown_status xlsx_shown[XLSX_SHOWN] = {
    {STATUS_FAIL, 0xB91C1C, true},           {STATUS_ERROR, 0xD97706, true},
    {STATUS_MANUAL, 0xFBBF24, true},         {STATUS_MUTED, 0x94A3B8, true},
    {STATUS_FIXED, 0x0E7490, true},          {STATUS_PASS, 0x15803D, true},
    {STATUS_NOT_APPLICABLE, 0xE2E8F0, false}};

static const lxw_color_t state_colors[COVERED_COUNT] = {0x15803D, 0xD97706, 0xB91C1C,
                                                        0x94A3B8, 0xCBD5E1, 0x64748B};

static void set_titles(lxw_chart *chart, const char *title, const char *x, const char *y)
{
    lxw_chart_font large = {.size = 12, .bold = LXW_TRUE}, small = {.size = 9};
    chart_title_set_name(chart, title);
    chart_title_set_name_font(chart, &large);
    if (x != NULL) {
        chart_axis_set_name(chart->x_axis, x);
        chart_axis_set_name_font(chart->x_axis, &small);
        chart_axis_set_num_font(chart->x_axis, &small);
    }
    if (y != NULL) {
        chart_axis_set_name(chart->y_axis, y);
        chart_axis_set_name_font(chart->y_axis, &small);
        chart_axis_set_num_font(chart->y_axis, &small);
    }
}

lxw_chart *chart_of_verdicts(struct book *b, const char *title, const char *categories,
                             lxw_row_t first, lxw_row_t last)
{
    lxw_chart *chart = workbook_add_chart(b->workbook, LXW_CHART_BAR_STACKED_PERCENT);
    for (size_t i = 0; chart != NULL && i < XLSX_SHOWN; i++) {
        if (!xlsx_shown[i].charted) {
            continue;
        }
        lxw_col_t column = (lxw_col_t)(i + 1);
        lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
        lxw_chart_fill fill = {.color = xlsx_shown[i].color};
        chart_series_set_categories(series, XLSX_SUMMARY, first, 0, last, 0);
        chart_series_set_values(series, XLSX_SUMMARY, first, column, last, column);
        chart_series_set_name(series, status_name(xlsx_shown[i].status));
        chart_series_set_fill(series, &fill);
    }
    if (chart != NULL) {
        /* A bar chart lies on its side: the library's y axis holds its categories. */
        set_titles(chart, title, "share of the findings that apply", categories);
        chart_axis_set_reverse(chart->y_axis);          /* the first one on top */
        chart_axis_set_interval_unit(chart->y_axis, 1); /* every category is named */
        chart_axis_set_label_position(chart->x_axis, LXW_CHART_AXIS_LABEL_POSITION_HIGH);
        chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
        chart_set_series_gap(chart, 50);
    }
    return chart;
}

lxw_chart *chart_of_coverage(struct book *b, lxw_row_t first, lxw_row_t last)
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
    chart_series_set_categories(series, XLSX_SUMMARY, first, 0, last, 0);
    chart_series_set_values(series, XLSX_SUMMARY, first, 1, last, 1);
    chart_series_set_name(series, "Account-Regions");
    (void)chart_series_set_points(series, list);
    set_titles(chart, "Coverage: account-Regions by state", NULL, NULL);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_RIGHT);
    chart_set_hole_size(chart, 55);
    return chart;
}

lxw_chart *chart_of_trend(struct book *b, lxw_row_t first, lxw_row_t last)
{
    static const struct {
        const char *name;
        lxw_color_t color;
        lxw_col_t column;
    } lines[] = {{"FAIL", 0xB91C1C, 1}, {"ERROR", 0xD97706, 2}, {"MUTED", 0x94A3B8, 4}};
    lxw_chart *chart = workbook_add_chart(b->workbook, LXW_CHART_LINE);
    for (size_t i = 0; chart != NULL && i < sizeof lines / sizeof lines[0]; i++) {
        lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
        lxw_chart_line line = {.color = lines[i].color, .width = 2.25F};
        lxw_chart_fill fill = {.color = lines[i].color};
        chart_series_set_categories(series, XLSX_SUMMARY, first, 0, last, 0);
        chart_series_set_values(series, XLSX_SUMMARY, first, lines[i].column, last,
                                lines[i].column);
        chart_series_set_name(series, lines[i].name);
        chart_series_set_line(series, &line);
        chart_series_set_marker_type(series, LXW_CHART_MARKER_CIRCLE);
        chart_series_set_marker_fill(series, &fill);
        chart_series_set_marker_line(series, &line);
    }
    if (chart != NULL) {
        set_titles(chart, "Findings of the last runs", "end of the run (UTC)",
                   "number of findings");
        chart_axis_set_min(chart->y_axis, 0);
        chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
    }
    return chart;
}
