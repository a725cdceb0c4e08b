/* What the workbook costs beyond its library: records every cell of a run's workbook, and writes
 * the same cells again with libxlsxwriter alone.
 *   xlsx_cells record RUN.DB OUT.XLSX CELLS    (linked with --wrap for the calls below)
 *   xlsx_cells replay CELLS OUT.XLSX */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats.h"
#include "model/config.h"
#include "xlsx/xlsx.h"

#define SHEETS_MAX 256
#define TEXT_SIZE ((size_t)256 * 1024)

enum kind { CELL_TEXT, CELL_NUMBER, CELL_BLANK, CELL_TIME, CELL_LINK, ROW_HEIGHT, NEW_SHEET };

struct cell { /* as it lies in the file; the text follows */
    double number;
    uint32_t row, length;
    uint16_t column;
    uint8_t kind, sheet, format;
};

static struct recording {
    FILE *out;
    lxw_worksheet *sheets[SHEETS_MAX];
    lxw_format *formats[STYLE_COUNT];
    size_t sheet_count, format_count;
} rec;

static void note(enum kind kind, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                 double number, const char *text, lxw_format *format)
{
    struct cell c;
    memset(&c, 0, sizeof c); /* the padding goes into the file too */
    c.kind = (uint8_t)kind;
    c.row = row;
    c.column = column;
    c.number = number;
    c.length = (uint32_t)strlen(text);
    while (c.sheet + 1U < rec.sheet_count && rec.sheets[c.sheet] != sheet) {
        c.sheet++;
    }
    while (c.format + 1U < rec.format_count && rec.formats[c.format] != format) {
        c.format++;
    }
    fwrite(&c, sizeof c, 1, rec.out);
    fwrite(text, 1, c.length, rec.out);
}

/* The linker sends the workbook's calls here, and ours of __real_ to the library. */
lxw_worksheet *__real_workbook_add_worksheet(lxw_workbook *, const char *);
lxw_format *__real_workbook_add_format(lxw_workbook *);
lxw_error __real_worksheet_write_string(lxw_worksheet *, lxw_row_t, lxw_col_t, const char *,
                                        lxw_format *);
lxw_error __real_worksheet_write_number(lxw_worksheet *, lxw_row_t, lxw_col_t, double,
                                        lxw_format *);
lxw_error __real_worksheet_write_blank(lxw_worksheet *, lxw_row_t, lxw_col_t, lxw_format *);
lxw_error __real_worksheet_write_unixtime(lxw_worksheet *, lxw_row_t, lxw_col_t, int64_t,
                                          lxw_format *);
lxw_error __real_worksheet_write_url_opt(lxw_worksheet *, lxw_row_t, lxw_col_t, const char *,
                                         lxw_format *, const char *, const char *);
lxw_error __real_worksheet_set_row(lxw_worksheet *, lxw_row_t, double, lxw_format *);
lxw_worksheet *__wrap_workbook_add_worksheet(lxw_workbook *, const char *);
lxw_format *__wrap_workbook_add_format(lxw_workbook *);
lxw_error __wrap_worksheet_write_string(lxw_worksheet *, lxw_row_t, lxw_col_t, const char *,
                                        lxw_format *);
lxw_error __wrap_worksheet_write_number(lxw_worksheet *, lxw_row_t, lxw_col_t, double,
                                        lxw_format *);
lxw_error __wrap_worksheet_write_blank(lxw_worksheet *, lxw_row_t, lxw_col_t, lxw_format *);
lxw_error __wrap_worksheet_write_unixtime(lxw_worksheet *, lxw_row_t, lxw_col_t, int64_t,
                                          lxw_format *);
lxw_error __wrap_worksheet_write_url_opt(lxw_worksheet *, lxw_row_t, lxw_col_t, const char *,
                                         lxw_format *, const char *, const char *);
lxw_error __wrap_worksheet_set_row(lxw_worksheet *, lxw_row_t, double, lxw_format *);

lxw_worksheet *__wrap_workbook_add_worksheet(lxw_workbook *book, const char *name)
{
    lxw_worksheet *sheet = __real_workbook_add_worksheet(book, name);
    if (rec.sheet_count < SHEETS_MAX) {
        rec.sheets[rec.sheet_count++] = sheet;
    }
    note(NEW_SHEET, sheet, 0, 0, 0, name, NULL);
    return sheet;
}

lxw_format *__wrap_workbook_add_format(lxw_workbook *book)
{
    lxw_format *format = __real_workbook_add_format(book);
    if (rec.format_count < STYLE_COUNT) {
        rec.formats[rec.format_count++] = format;
    }
    return format;
}

lxw_error __wrap_worksheet_write_string(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                                        const char *text, lxw_format *format)
{
    note(CELL_TEXT, sheet, row, column, 0, text, format);
    return __real_worksheet_write_string(sheet, row, column, text, format);
}

lxw_error __wrap_worksheet_write_number(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                                        double number, lxw_format *format)
{
    note(CELL_NUMBER, sheet, row, column, number, "", format);
    return __real_worksheet_write_number(sheet, row, column, number, format);
}

lxw_error __wrap_worksheet_write_blank(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                                       lxw_format *format)
{
    note(CELL_BLANK, sheet, row, column, 0, "", format);
    return __real_worksheet_write_blank(sheet, row, column, format);
}

lxw_error __wrap_worksheet_write_unixtime(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                                          int64_t time, lxw_format *format)
{
    note(CELL_TIME, sheet, row, column, (double)time, "", format);
    return __real_worksheet_write_unixtime(sheet, row, column, time, format);
}

lxw_error __wrap_worksheet_write_url_opt(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                                         const char *url, lxw_format *format, const char *text,
                                         const char *tip)
{
    note(CELL_LINK, sheet, row, column, 0, url, format);
    return __real_worksheet_write_url_opt(sheet, row, column, url, format, text, tip);
}

lxw_error __wrap_worksheet_set_row(lxw_worksheet *sheet, lxw_row_t row, double points,
                                   lxw_format *format)
{
    note(ROW_HEIGHT, sheet, row, 0, points, "", format);
    return __real_worksheet_set_row(sheet, row, points, format);
}

static int record(const char *run, const char *path, const char *cells)
{
    struct err err = ERR_INIT;
    struct store *s = NULL;
    struct subjects *subjects = NULL;
    struct config config;
    json_t *rules = json_array();
    rec.out = fopen(cells, "w");
    int rc = rec.out == NULL || store_open(run, true, &s, &err) ||
             config_load(NULL, &config, &err) || subjects_new(s, config.document, &subjects, &err);
    if (!rc) {
        const struct report_input in = {.store = s, .subjects = subjects, .rules = rules};
        rc = report_write_xlsx(&in, path, &err) || fclose(rec.out) != 0;
    }
    if (rc) {
        fprintf(stderr, "%s\n", err.text);
    }
    subjects_free(subjects);
    store_close(s);
    json_decref(rules);
    return rc != 0;
}

static int write_one(const struct cell *c, lxw_worksheet *sheet, lxw_format *format,
                     const char *text)
{
    switch ((enum kind)c->kind) {
    case CELL_TEXT:
        return __real_worksheet_write_string(sheet, c->row, c->column, text, format);
    case CELL_NUMBER:
        return __real_worksheet_write_number(sheet, c->row, c->column, c->number, format);
    case CELL_BLANK:
        return __real_worksheet_write_blank(sheet, c->row, c->column, format);
    case CELL_TIME:
        return __real_worksheet_write_unixtime(sheet, c->row, c->column, (int64_t)c->number,
                                               format);
    case CELL_LINK:
        return __real_worksheet_write_url_opt(sheet, c->row, c->column, text, format, "1 2 3",
                                              NULL);
    case ROW_HEIGHT:
        return __real_worksheet_set_row(sheet, c->row, c->number, NULL);
    case NEW_SHEET:
        break;
    }
    return 0;
}

static int replay(const char *cells, const char *path)
{
    FILE *in = fopen(cells, "r");
    char *text = xmalloc(TEXT_SIZE);
    lxw_worksheet *sheets[SHEETS_MAX] = {NULL};
    lxw_format *formats[STYLE_COUNT];
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(path, &options);
    size_t count = 0;
    struct cell c;
    int bad = in == NULL;
    for (size_t i = 0; i < STYLE_COUNT;
         i++) { /* unlike each other, so that each keeps its number */
        formats[i] = __real_workbook_add_format(book);
        format_set_font_size(formats[i], 8.0 + (double)i);
    }
    while (!bad && fread(&c, sizeof c, 1, in) == 1) {
        bad = c.length >= TEXT_SIZE || fread(text, 1, c.length, in) != c.length;
        text[bad ? 0 : c.length] = '\0';
        if (!bad && c.kind == NEW_SHEET && count < SHEETS_MAX) {
            sheets[count++] = __real_workbook_add_worksheet(book, text);
        } else if (!bad) {
            bad = sheets[c.sheet] == NULL ||
                  write_one(&c, sheets[c.sheet], formats[c.format], text) != 0;
        }
    }
    bad = workbook_close(book) != LXW_NO_ERROR || bad;
    free(text);
    return bad || fclose(in) != 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "record") == 0) {
        return record(argv[2], argv[3], argv[4]);
    }
    return argc == 4 && strcmp(argv[1], "replay") == 0 ? replay(argv[2], argv[3]) : 2;
}
