/* A worksheet filled from top to bottom: provenance, header, rows, and how it prints. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

#define ROW_PROVENANCE 0
#define ROW_NOTE 1
#define ROW_HEADER 2
#define CHECK_EVERY 256 /* rows between looks at the temporary file's error flag */
#define PAPER_A3 8
#define PAPER_A4 9
#define A3_LONG_INCHES 16.54
#define A3_SHORT_INCHES 11.69
#define A4_LONG_INCHES 11.69
#define A4_SHORT_INCHES 8.27
#define MARGIN_INCHES 0.4
#define SCALE_MIN 0.6     /* of a print: 10 points become 6 */
#define DOTS_A_UNIT 7.0   /* of column width, in Excel's default font */
#define DOTS_OF_PADDING 5 /* of a column */
#define DOTS_AN_INCH 96.0
#define PAGES_ACROSS_MAX 4
#define HEADER_MAX 250
#define LINE_POINTS 13.0
#define ROW_POINTS_MAX 409.0 /* Excel's */
#define ROW_LINES_MAX 32
#define CHARACTERS_A_UNIT 1.15 /* of column width, at our font size */
#define BOLD_IS_WIDER 0.85

static const struct {
    const char *word;
    enum style style;
} tones[] = {
    {"PASS", STYLE_GOOD},
    {"FIXED", STYLE_GOOD},
    {"FAIL", STYLE_BAD},
    {"ERROR", STYLE_WARN},
    {"MANUAL", STYLE_WARN},
    {"MUTED", STYLE_QUIET},
    {"NOT_APPLICABLE", STYLE_QUIET},
    {"NOT JUDGED", STYLE_QUIET},
    {"COMPLIANT", STYLE_GOOD},
    {"NON-COMPLIANT", STYLE_BAD},
    {"INCOMPLETE", STYLE_WARN},
    {"critical", STYLE_BAD},
    {"high", STYLE_BAD},
    {"medium", STYLE_WARN},
    {"informational", STYLE_QUIET},
    {"REACHED", STYLE_GOOD},
    {"PARTIAL", STYLE_WARN},
    {"NOT REACHED", STYLE_BAD},
    {"SUSPENDED", STYLE_QUIET},
    {"REGION DISABLED", STYLE_QUIET},
    {"REGION DENY", STYLE_WARN},
    {"SUCCEEDED", STYLE_GOOD},
    {"FAILED", STYLE_BAD},
    {"SKIPPED", STYLE_QUIET},
    {"UNDER_CHANGE", STYLE_WARN},
    {"IN_PROGRESS", STYLE_WARN},
    {"ACTIVE", STYLE_GOOD},
    {"EXPIRING", STYLE_WARN},
    {"EXPIRED", STYLE_BAD},
    {"UNUSED", STYLE_QUIET},
    {"PROCESSING", STYLE_WARN},
    {"IN_SYNC", STYLE_GOOD},
    {"DRIFTED", STYLE_BAD},
    {"Enabled", STYLE_GOOD},
    {"Disabled", STYLE_BAD},
    {"PendingDeletion", STYLE_BAD},
    {"PendingReplicaDeletion", STYLE_BAD},
    {"Creating", STYLE_WARN},
    {"Updating", STYLE_WARN},
    {"ON", STYLE_GOOD},
    {"OFF", STYLE_BAD},
    {"n/a", STYLE_QUIET},
    {"missing", STYLE_BAD},
    {"NOT_EVIDENCED", STYLE_QUIET},
    {"not enabled", STYLE_QUIET},
};

enum style word_style(const char *word)
{
    for (size_t i = 0; word != NULL && i < sizeof tones / sizeof tones[0]; i++) {
        if (strcmp(tones[i].word, word) == 0) {
            return tones[i].style;
        }
    }
    return STYLE_TEXT;
}

static void keep(struct sheet *s, lxw_error problem)
{
    if (problem != LXW_NO_ERROR) {
        s->failed = true;
        if (s->book->problem == LXW_NO_ERROR) {
            s->book->problem = problem;
        }
    }
}

static lxw_format *format_of(const struct sheet *s, enum style style)
{
    return s->book->formats[style];
}

/* '&' begins a code in headers and footers; the result is cut at what they can hold. */
static void page_words(char *out, size_t size, const char *words)
{
    size_t n = 0;
    for (; *words != '\0' && n + 3 < size; words++) {
        if ((unsigned char)*words < 0x20 || (unsigned char)*words >= 0x7F) {
            continue;
        }
        if (*words == '&') {
            out[n++] = '&';
        }
        out[n++] = *words;
    }
    out[n] = '\0';
}

/* As many pages side by side as keep the print legible. */
static uint16_t pages_across(const struct sheet *s)
{
    double page = s->portrait ? (s->large_paper ? A3_SHORT_INCHES : A4_SHORT_INCHES)
                              : (s->large_paper ? A3_LONG_INCHES : A4_LONG_INCHES);
    double inches = 0;
    for (size_t i = 0; i < s->column_count; i++) {
        inches += (s->columns[i].width * DOTS_A_UNIT + DOTS_OF_PADDING) / DOTS_AN_INCH;
    }
    uint16_t pages = 1;
    while (pages < PAGES_ACROSS_MAX && pages * (page - 2 * MARGIN_INCHES) < inches * SCALE_MIN) {
        pages++;
    }
    return pages;
}

static void set_page(struct sheet *s)
{
    char run[120], name[64], line[HEADER_MAX];
    page_words(run, sizeof run, s->book->run_id);
    page_words(name, sizeof name, s->name);
    if (s->portrait) {
        worksheet_set_portrait(s->at);
    } else {
        worksheet_set_landscape(s->at);
    }
    worksheet_set_paper(s->at, s->large_paper ? PAPER_A3 : PAPER_A4);
    uint16_t pages = pages_across(s);
    worksheet_fit_to_pages(s->at, pages, 0);
    if (pages > 1) {
        keep(s, worksheet_repeat_columns(s->at, 0, 0));
    }
    worksheet_set_margins(s->at, MARGIN_INCHES, MARGIN_INCHES, 0.6, 0.6);
    (void)snprintf(line, sizeof line, "&L&8towerkeep&C&8%s&R&8run %s", name, run);
    keep(s, worksheet_set_header(s->at, line));
    (void)snprintf(line, sizeof line, "&L&8run %s&R&8page &P of &N", run);
    keep(s, worksheet_set_footer(s->at, line));
    worksheet_gridlines(s->at, s->free_form ? LXW_HIDE_ALL_GRIDLINES : LXW_SHOW_SCREEN_GRIDLINES);
}

/* Notes how many lines the text takes in so much column width, broken as readers do at spaces,
   hyphens and slashes; as far as one can tell without the font. */
static void measure(struct sheet *s, const char *text, double width)
{
    unsigned room = (unsigned)(width * CHARACTERS_A_UNIT), lines = 1, used = 0, word = 0;
    for (; *text != '\0' && lines < ROW_LINES_MAX; text++) {
        if (((unsigned char)*text & 0xC0) == 0x80) {
            continue;
        }
        used++;
        word++;
        if (*text == '\n') {
            lines++;
            used = word = 0;
        } else if (*text == ' ' || *text == '-' || *text == '/') {
            word = 0;
        } else if (used > room) {
            lines++;
            word = word < room ? word : 1; /* a word longer than the line is cut */
            used = word;
        }
    }
    s->lines = lines > s->lines ? lines : s->lines;
}

static void write_header(struct sheet *s)
{
    s->lines = 2;
    for (size_t i = 0; i < s->column_count; i++) {
        measure(s, s->columns[i].title, s->columns[i].width * BOLD_IS_WIDER);
    }
    keep(s, worksheet_set_row(s->at, ROW_HEADER, LINE_POINTS * s->lines + 4, NULL));
    s->lines = 0;
    for (size_t i = 0; i < s->column_count; i++) {
        keep(s, worksheet_write_string(s->at, ROW_HEADER, (lxw_col_t)i, s->columns[i].title,
                                       format_of(s, STYLE_HEADER)));
    }
    worksheet_freeze_panes(s->at, ROW_HEADER + 1, s->frozen);
    keep(s, worksheet_repeat_rows(s->at, ROW_PROVENANCE, ROW_HEADER));
}

static void open_part(struct sheet *s)
{
    char name[64];
    s->part++;
    if (s->part == 1) {
        (void)snprintf(name, sizeof name, "%s", s->name);
    } else {
        (void)snprintf(name, sizeof name, "%s (%u)", s->name, s->part);
    }
    s->at = workbook_add_worksheet(s->book->workbook, name);
    if (s->at == NULL) {
        keep(s, LXW_ERROR_CREATING_TMPFILE);
        return;
    }
    set_page(s);
    for (size_t i = 0; i < s->column_count; i++) {
        keep(s, worksheet_set_column(s->at, (lxw_col_t)i, (lxw_col_t)i, s->columns[i].width, NULL));
    }
    keep(s, worksheet_set_row(s->at, ROW_PROVENANCE, 21, NULL));
    keep(s, worksheet_write_string(s->at, ROW_PROVENANCE, 0, s->book->provenance,
                                   format_of(s, STYLE_PROVENANCE)));
    if (s->note != NULL) {
        keep(s, worksheet_write_string(s->at, ROW_NOTE, 0, s->note, format_of(s, STYLE_NOTE)));
    }
    s->row = ROW_NOTE;
    s->links = 0;
    if (!s->free_form) {
        write_header(s);
        s->row = ROW_HEADER;
    }
}

void sheet_open(struct sheet *s)
{
    s->part = 0;
    s->rows = 0;
    s->failed = s->book->problem != LXW_NO_ERROR;
    if (!s->failed) {
        open_part(s);
    }
}

/* The library ignores failed writes to its temporary files; the stream remembers. */
static void check_stream(struct sheet *s)
{
    if (s->at->optimize_tmpfile != NULL && ferror(s->at->optimize_tmpfile) != 0) {
        keep(s, LXW_ERROR_READING_TMPFILE);
    }
}

static void fill_row(struct sheet *s)
{
    while (!s->free_form && !s->failed && s->row > ROW_HEADER && s->column < s->column_count) {
        sheet_text(s, NULL);
    }
}

/* Readers other than Excel do not stretch rows to their text; so it is done here. */
static void end_row(struct sheet *s)
{
    fill_row(s);
    if (s->lines > 1 && !s->height_told && !s->failed) {
        double points = LINE_POINTS * s->lines + 2;
        keep(s, worksheet_set_row(s->at, s->row, points < ROW_POINTS_MAX ? points : ROW_POINTS_MAX,
                                  NULL));
    }
    s->lines = 0;
    s->height_told = false;
}

static void close_part(struct sheet *s)
{
    end_row(s);
    if (!s->free_form) {
        lxw_row_t last = s->row > ROW_HEADER ? s->row : ROW_HEADER;
        keep(s, worksheet_autofilter(s->at, ROW_HEADER, 0, last, (lxw_col_t)(s->column_count - 1)));
        if (s->dress != NULL && !s->failed) {
            s->dress(s, ROW_HEADER + 1, last);
        }
    }
    check_stream(s);
}

int sheet_close(struct sheet *s, struct err *err)
{
    if (!s->failed) {
        close_part(s);
    }
    return s->failed
               ? err_set(err, ERR_IO, "sheet \"%s\": %s", s->name, lxw_strerror(s->book->problem))
               : 0;
}

int sheet_going(const struct sheet *s)
{
    return s->failed ? 1 : 0;
}

void sheet_row(struct sheet *s)
{
    if (s->failed) {
        return;
    }
    end_row(s);
    if (s->row + 1 >= s->book->limits.rows) {
        close_part(s);
        open_part(s);
    }
    s->row++;
    s->rows++;
    s->column = 0;
    if (!s->failed && s->rows % CHECK_EVERY == 0) {
        check_stream(s);
    }
}

void sheet_height(struct sheet *s, double points)
{
    if (!s->failed) {
        keep(s, worksheet_set_row(s->at, s->row, points, NULL));
        s->height_told = true;
    }
}

static bool style_wraps(enum style style)
{
    return style == STYLE_WRAP || style == STYLE_LABEL || style == STYLE_FILL;
}

static enum style column_style(const struct sheet *s)
{
    return s->column < s->column_count ? s->columns[s->column].style : STYLE_TEXT;
}

void sheet_styled(struct sheet *s, enum style style, const char *text)
{
    if (s->failed) {
        return;
    }
    if (text == NULL || text[0] == '\0') {
        keep(s, worksheet_write_blank(s->at, s->row, s->column, format_of(s, style)));
    } else {
        text_clear(&s->book->cell);
        cell_text(&s->book->cell, text);
        if (style_wraps(style) && s->column < s->column_count) {
            measure(s, text_str(&s->book->cell), s->columns[s->column].width);
        }
        keep(s, worksheet_write_string(s->at, s->row, s->column, text_str(&s->book->cell),
                                       format_of(s, style)));
    }
    s->column++;
}

void sheet_text(struct sheet *s, const char *text)
{
    sheet_styled(s, column_style(s), text);
}

void sheet_word(struct sheet *s, const char *word)
{
    enum style style = word_style(word);
    sheet_styled(s, style != STYLE_TEXT ? style : column_style(s), word);
}

void sheet_flag(struct sheet *s, const json_t *flag, int good)
{
    if (!json_is_boolean(flag)) {
        sheet_text(s, NULL);
        return;
    }
    int told = json_is_true(flag) ? 1 : 0;
    enum style style = good < 0 ? column_style(s) : told == good ? STYLE_GOOD : STYLE_BAD;
    sheet_styled(s, style, told ? "yes" : "no");
}

void sheet_number_as(struct sheet *s, enum style style, int64_t number)
{
    if (!s->failed) {
        keep(s,
             worksheet_write_number(s->at, s->row, s->column, (double)number, format_of(s, style)));
        s->column++;
    }
}

void sheet_number(struct sheet *s, int64_t number)
{
    sheet_number_as(s, STYLE_NUMBER, number);
}

void sheet_share(struct sheet *s, int64_t part, int64_t whole)
{
    if (s->failed) {
        return;
    }
    if (whole <= 0) {
        sheet_text(s, NULL);
        return;
    }
    int64_t thousandths = part * 1000 / whole; /* rounded down: 100.0% is all of them */
    keep(s, worksheet_write_number(s->at, s->row, s->column, (double)thousandths / 1000.0,
                                   format_of(s, STYLE_PERCENT)));
    s->column++;
}

static void time_cell(struct sheet *s, enum style style, int64_t wall_ms)
{
    if (wall_ms <= 0) {
        sheet_text(s, NULL);
        return;
    }
    if (!s->failed) {
        keep(s, worksheet_write_unixtime(s->at, s->row, s->column, wall_ms / 1000,
                                         format_of(s, style)));
        s->column++;
    }
}

void sheet_time(struct sheet *s, int64_t wall_ms)
{
    time_cell(s, STYLE_DATE, wall_ms);
}

void sheet_day(struct sheet *s, const char *iso)
{
    int64_t wall_ms = 0;
    if (iso != NULL && time_parse_iso(iso, &wall_ms) && wall_ms > 0) {
        time_cell(s, STYLE_DAY, wall_ms - wall_ms % ((int64_t)24 * 3600 * 1000));
    } else {
        sheet_text(s, iso);
    }
}

void sheet_iso(struct sheet *s, const char *iso)
{
    int64_t wall_ms = 0;
    if (iso != NULL && time_parse_iso(iso, &wall_ms)) {
        sheet_time(s, wall_ms);
    } else {
        sheet_text(s, iso);
    }
}

void sheet_list(struct sheet *s, const json_t *list)
{
    struct text *joined = &s->book->list;
    text_clear(joined);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word == NULL) {
            continue;
        }
        if (joined->length > XLSX_CELL_MAX) {
            break; /* the cell is cut before this */
        }
        text_add(joined, joined->length > 0 ? ", " : "");
        text_addn(joined, word, strnlen(word, XLSX_CELL_MAX));
    }
    sheet_text(s, text_str(joined));
}

void sheet_evidence(struct sheet *s, int64_t fact, const char *text)
{
    char target[80];
    int64_t a_sheet = s->book->limits.rows - XLSX_HEADING;
    if (s->failed || fact < 1 || fact > s->book->facts || !s->book->facts_whole ||
        s->links >= s->book->limits.links || s->book->links >= XLSX_LINKS_BOOK) {
        sheet_text(s, text);
        return;
    }
    int64_t part = (fact - 1) / a_sheet, row = (fact - 1) % a_sheet + XLSX_HEADING + 1;
    if (part == 0) {
        (void)snprintf(target, sizeof target, "internal:'Evidence Index'!A%" PRId64, row);
    } else {
        (void)snprintf(target, sizeof target, "internal:'Evidence Index (%" PRId64 ")'!A%" PRId64,
                       part + 1, row);
    }
    text_clear(&s->book->cell);
    cell_text(&s->book->cell, text);
    keep(s, worksheet_write_url_opt(s->at, s->row, s->column, target, format_of(s, STYLE_LINK),
                                    text_str(&s->book->cell), NULL));
    s->links++;
    s->book->links++;
    s->column++;
}

void sheet_merged(struct sheet *s, lxw_col_t last, enum style style, const char *text)
{
    if (s->failed) {
        return;
    }
    text_clear(&s->book->cell);
    cell_text(&s->book->cell, text != NULL ? text : "");
    double width = 0;
    for (size_t i = s->column; i <= last && i < s->column_count; i++) {
        width += s->columns[i].width;
    }
    measure(s, text_str(&s->book->cell), width);
    keep(s, worksheet_merge_range(s->at, s->row, s->column, s->row, last, text_str(&s->book->cell),
                                  format_of(s, style)));
    s->column = (lxw_col_t)(last + 1);
}
