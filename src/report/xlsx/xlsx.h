/*
 * The workbook, in two layers: a book (formats, provenance, counts) and sheets that are filled a
 * row at a time, top to bottom and left to right, so that memory does not grow with the rows.
 */
#ifndef TOWERKEEP_REPORT_XLSX_XLSX_H
#define TOWERKEEP_REPORT_XLSX_XLSX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xlsxwriter.h>

#include "base/err.h"
#include "base/map.h"
#include "base/text.h"
#include "inventory/trend.h"
#include "model/step.h"
#include "report/report.h"

#define XLSX_ROWS_MAX 1048576  /* rows a sheet, all kinds together */
#define XLSX_CELL_MAX 32767    /* UTF-16 units a cell */
#define XLSX_LINKS_MAX 65530   /* links a sheet; Excel drops those beyond */
#define XLSX_LINKS_BOOK 131060 /* in all sheets: the library keeps each in memory */
#define XLSX_HEADING 3         /* rows above a table's data */

enum style {
    STYLE_TEXT,
    STYLE_WRAP,
    STYLE_NUMBER,
    STYLE_PERCENT,
    STYLE_DATE,
    STYLE_DAY,
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_WARN,
    STYLE_QUIET,
    STYLE_STRONG,
    STYLE_HEADER,
    STYLE_TITLE,
    STYLE_PROVENANCE,
    STYLE_NOTE,
    STYLE_SECTION,
    STYLE_LABEL,
    STYLE_BLANK, /* unlocked: to be filled in by hand */
    STYLE_FILL,  /* the same, wrapped, on a tint that asks for it */
    STYLE_LINK,
    STYLE_BAD_NUMBER,
    STYLE_COUNT
};

enum coverage_state {
    COVERED_REACHED,
    COVERED_PARTIAL,
    COVERED_NOT_REACHED,
    COVERED_SUSPENDED,
    COVERED_REGION_DISABLED,
    COVERED_REGION_DENY,
    COVERED_COUNT
};

struct check_count { /* one finding count, kept: there are as many as checks */
    char *check_id, *title;
    int step;
    enum severity severity;
    int64_t by_status[STATUS_COUNT];
};

struct xlsx_limits {
    uint32_t rows;  /* a worksheet: XLSX_ROWS_MAX, less in tests */
    uint32_t links; /* a worksheet: XLSX_LINKS_MAX, less in tests */
};

struct book {
    const struct report_input *in;
    lxw_workbook *workbook;
    lxw_format *formats[STYLE_COUNT];
    struct report_summary summary;
    int64_t covered[COVERED_COUNT];
    struct check_count *checks;
    size_t check_count;
    char *provenance;         /* one line: tool, run, organization, period */
    char *run_id;             /* "" when unknown */
    json_t *changes;          /* of plans that were applied to get here; NULL: none */
    json_t *before;           /* what failed before them, by finding id; NULL: none */
    json_t *trend;            /* trend_read() */
    int64_t facts;            /* rows of Evidence Index */
    bool facts_whole;         /* no fact id is left out: a fact's id tells its row there */
    int64_t ended_ms;         /* 0: unknown */
    struct map *requirements; /* check id -> char *: what frameworks call it, a line each */
    struct xlsx_limits limits;
    uint32_t links;    /* in all worksheets so far */
    lxw_error problem; /* the first one */
    struct text cell, list;
};

struct column {
    const char *title;
    double width; /* characters */
    enum style style;
};

struct sheet {
    struct book *book;
    const char *name;
    const char *note; /* one line under the provenance: what the sheet says; may be NULL */
    const struct column *columns;
    size_t column_count;
    bool free_form;   /* no header row, no filter: rows are styled one by one */
    bool large_paper; /* A3 instead of A4 */
    bool portrait;
    lxw_col_t frozen; /* columns that stay in sight */
    /* Called for each worksheet once its rows are there, with the first and the last of them (last
       < first: none): conditional formats, lists to choose from. May be NULL. */
    void (*dress)(struct sheet *s, lxw_row_t first, lxw_row_t last);
    lxw_worksheet *at; /* from here on sheet_open's: */
    lxw_row_t row;     /* the current row */
    lxw_col_t column;  /* the next cell */
    unsigned lines;    /* of text in the tallest cell of this row */
    bool height_told;  /* by sheet_height() */
    unsigned part;     /* 1, 2, ... when rows fill several worksheets */
    unsigned links;    /* in this worksheet */
    int64_t rows;      /* data rows, all parts */
    bool failed;
};

/* --- a sheet: open, rows of cells, close. A failure is kept and told by sheet_close(). --- */
void sheet_open(struct sheet *s);
int sheet_close(struct sheet *s, struct err *err);
/* What a callback of store_each_* or subjects_each returns to go on, or to stop. */
int sheet_going(const struct sheet *s);
void sheet_row(struct sheet *s); /* begins the next row, in a further worksheet when this is full */
void sheet_height(struct sheet *s, double points); /* of the current row; before its cells */

/* Cells from left to right. NULL and "" give an empty cell. */
void sheet_text(struct sheet *s, const char *text);                     /* in the column's style */
void sheet_styled(struct sheet *s, enum style style, const char *text); /* in this one */
void sheet_word(struct sheet *s, const char *word); /* coloured by what the word means */
void sheet_flag(struct sheet *s, const json_t *flag, int good); /* yes, no, or empty; the one equal
                                    to good (0, 1) is green, the other red; -1: uncoloured */
void sheet_number(struct sheet *s, int64_t number);
void sheet_number_as(struct sheet *s, enum style style, int64_t number);
void sheet_share(struct sheet *s, int64_t part,
                 int64_t whole); /* per cent, down to 0.1; empty when whole is 0 */
void sheet_time(struct sheet *s, int64_t wall_ms); /* a real date, UTC */
void sheet_iso(struct sheet *s, const char *iso); /* the same from text; unreadable text as it is */
void sheet_day(struct sheet *s, const char *iso); /* its day, as a date */
void sheet_list(struct sheet *s, const json_t *list); /* texts, joined by ", " */
/* Text that leads to the fact's row in Evidence Index; plain text beyond the limit of links. */
void sheet_evidence(struct sheet *s, int64_t fact, const char *text);
/* One cell from here to the column `last`. */
void sheet_merged(struct sheet *s, lxw_col_t last, enum style style, const char *text);
enum style word_style(const char *word); /* STYLE_TEXT when the word means nothing */

/* Appends s as one cell can hold it: valid UTF-8 without controls (newline and tab stay) and
   without bidirectional overrides, U+FFFD in their place, cut at XLSX_CELL_MAX with a note. */
void cell_text(struct text *out, const char *s);

extern const char *const coverage_words[COVERED_COUNT];
const json_t *book_rule(const struct book *b, const char *check_id); /* NULL when unknown */
const json_t *book_zone(const struct book *b);                       /* $lz */
/* Whole days from the time to the run's end; -1 when either is unknown. */
int64_t book_days_since(const struct book *b, const char *iso);
/* What a check is called in the frameworks: "NAME: 1.1, 1.2; NAME: 3"; "" when nothing. */
const char *book_requirements(const struct book *b, const char *check_id);

/* --- the charts of Summary; NULL when out of memory. Rows are those of its tables, the first
   column the category, the next ones in the order of xlsx_shown. --- */
#define XLSX_SUMMARY "Summary"
#define XLSX_SHOWN 7
struct shown_status {
    enum status status;
    lxw_color_t color;
    bool charted; /* it was judged */
};
extern const struct shown_status xlsx_shown[XLSX_SHOWN];
lxw_chart *chart_of_verdicts(struct book *b, const char *title, const char *categories,
                             lxw_row_t first, lxw_row_t last);
lxw_chart *chart_of_coverage(struct book *b, lxw_row_t first, lxw_row_t last);
lxw_chart *chart_of_trend(struct book *b, lxw_row_t first, lxw_row_t last);

/* --- the sheets, a file each --- */
int xlsx_cover(struct book *b, struct err *err);
int xlsx_summary(struct book *b, struct err *err);
int xlsx_coverage(struct book *b, struct err *err);
int xlsx_controls(struct book *b, struct err *err);
int xlsx_findings(struct book *b, struct err *err);
int xlsx_landing_zone(struct book *b, struct err *err);
int xlsx_baselines(struct book *b, struct err *err);
int xlsx_keys(struct book *b, struct err *err);
int xlsx_opt_in(struct book *b, struct err *err);
int xlsx_tags(struct book *b, struct err *err);
int xlsx_changes(struct book *b, struct err *err);
int xlsx_diff(struct book *b, struct err *err);
int xlsx_waivers(struct book *b, struct err *err);
int xlsx_poam(struct book *b, struct err *err);
int xlsx_errors(struct book *b, struct err *err);
int xlsx_evidence(struct book *b, struct err *err);
int xlsx_method(struct book *b, struct err *err);

/* report_write_xlsx() with other limits, so that what happens at them can be tested. Public for its tests: the limits of a sheet are out of reach of a small run. */
int xlsx_write(const struct report_input *in, const char *path, const struct xlsx_limits *limits,
               struct err *err);

#endif
