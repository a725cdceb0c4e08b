/* Evidence Index: every answer that AWS gave, where it lies in the evidence package, and which
 * checks rest on it. Which those are is gathered for so many facts at a time, so that memory does
 * not grow with them. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "report/evidence.h"
#include "xlsx/xlsx.h"

#define WINDOW ((int64_t)1 << 19) /* facts whose checks are held at once */
#define WORD_BITS 64

static const struct column columns[] = {{"Evidence", 10, STYLE_NUMBER},
                                        {"File in the evidence package", 44, STYLE_WRAP},
                                        {"Operation", 38, STYLE_TEXT},
                                        {"Account", 14, STYLE_TEXT},
                                        {"Region", 15, STYLE_TEXT},
                                        {"Target", 34, STYLE_WRAP},
                                        {"Collected at (UTC)", 20, STYLE_DATE},
                                        {"Bytes", 10, STYLE_NUMBER},
                                        {"SHA-256 of the answer", 66, STYLE_TEXT},
                                        {"Request id", 38, STYLE_TEXT},
                                        {"HTTP", 7, STYLE_NUMBER},
                                        {"Page", 7, STYLE_NUMBER},
                                        {"Attempts", 9, STYLE_NUMBER},
                                        {"Used by", 40, STYLE_WRAP}};

struct index {
    struct sheet sheet;
    struct err *err;
    struct map *numbers; /* check id -> its place in the book's checks, and one */
    size_t words;        /* of bits for all checks */
    int64_t first;       /* the first fact of the window */
    int64_t count;       /* of facts in it */
    int64_t *rows;       /* by fact: a finding that rests on it; 0: none */
    uint64_t *checks;    /* by fact: `words` words of bits, one a check */
    char *file;          /* of the fact at hand */
};

static int use(void *context, const struct grounds *g)
{
    struct index *x = context;
    const size_t *number = map_get(x->numbers, g->check_id);
    const char *ids = g->evidence;
    while (number != NULL && *ids != '\0') {
        char *end;
        long long id = strtoll(ids, &end, 10);
        if (end == ids) {
            break;
        }
        ids = *end != '\0' ? end + 1 : end;
        if (id >= x->first && id < x->first + x->count) {
            size_t at = (size_t)(id - x->first);
            x->rows[at] = x->rows[at] != 0 ? x->rows[at] : g->row;
            x->checks[at * x->words + *number / WORD_BITS] |= (uint64_t)1 << *number % WORD_BITS;
        }
    }
    return 0;
}

static int gather(struct index *x, int64_t first)
{
    x->first = first;
    memset(x->rows, 0, (size_t)x->count * sizeof *x->rows);
    memset(x->checks, 0, (size_t)x->count * x->words * sizeof *x->checks);
    return store_each_grounds(x->sheet.book->in->store, use, x, x->err) < 0 ? -1 : 0;
}

static int name_file(void *context, const struct grounds *g)
{
    struct index *x = context;
    x->file = evidence_path(g->check_id, g->account, g->region);
    return 0;
}

static int file_cell(struct index *x, size_t at)
{
    x->file = NULL;
    if (x->rows[at] != 0 &&
        store_read_grounds(x->sheet.book->in->store, x->rows[at], name_file, x, x->err) < 0) {
        return -1;
    }
    sheet_text(&x->sheet, x->file != NULL ? x->file : "run.db only");
    free(x->file);
    return 0;
}

static void used_by_cell(struct index *x, size_t at)
{
    const struct book *b = x->sheet.book;
    struct text *list = &x->sheet.book->list;
    text_clear(list);
    for (size_t i = 0; i < b->check_count; i++) {
        if ((x->checks[at * x->words + i / WORD_BITS] >> i % WORD_BITS & 1) != 0) {
            text_add(list, list->length > 0 ? ", " : "");
            text_add(list, b->checks[i].check_id);
        }
    }
    sheet_text(&x->sheet,
               list->length > 0 ? text_str(list) : "no check: used to find further calls");
}

static int row(void *context, int64_t id, const struct fact *f)
{
    struct index *x = context;
    struct sheet *s = &x->sheet;
    if (id >= x->first + x->count && gather(x, id)) {
        return -1;
    }
    size_t at = (size_t)(id - x->first);
    sheet_row(s);
    sheet_number(s, id);
    if (file_cell(x, at)) {
        return -1;
    }
    sheet_text(s, f->operation);
    sheet_text(s, f->account);
    sheet_text(s, f->region);
    sheet_text(s, f->target);
    sheet_time(s, f->wall_ms);
    sheet_number(s, (int64_t)f->bytes);
    sheet_text(s, f->digest);
    sheet_text(s, f->request_id);
    sheet_number(s, f->http_status);
    sheet_number(s, f->page);
    sheet_number(s, f->attempts);
    used_by_cell(x, at);
    return sheet_going(s);
}

int xlsx_evidence(struct book *b, struct err *err)
{
    size_t *numbers = xcalloc(b->check_count + 1, sizeof *numbers);
    struct index x = {.err = err,
                      .numbers = map_new(NULL),
                      .words = b->check_count / WORD_BITS + 1,
                      .count = b->facts < WINDOW ? b->facts + 1 : WINDOW};
    x.sheet = (struct sheet){
        .book = b,
        .name = "Evidence Index",
        .note = b->facts > 0 ? "One row per API call (one page each). Findings, run.db and the "
                               "evidence package (--evidence) use the same numbers. The evidence "
                               "package repeats an answer in every file that depends on it."
                             : "No evidence: AWS answered no call in this run.",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .large_paper = true,
        .frozen = 1};
    x.rows = xcalloc((size_t)x.count, sizeof *x.rows);
    x.checks = xcalloc((size_t)x.count * x.words, sizeof *x.checks);
    for (size_t i = 0; i < b->check_count; i++) {
        numbers[i] = i;
        map_set(x.numbers, b->checks[i].check_id, &numbers[i]);
    }
    sheet_open(&x.sheet);
    int rc = gather(&x, 1) || store_each_fact(b->in->store, 0, row, &x, err) < 0
                 ? -1
                 : sheet_close(&x.sheet, err);
    map_free(x.numbers);
    free(x.rows);
    free(x.checks);
    free(numbers);
    return rc;
}
