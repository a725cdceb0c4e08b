/* The auditor's workbook: the book, its formats, and the order of its sheets. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "inventory/coverage.h"
#include "inventory/trend.h"
#include "xlsx/xlsx.h"

#define CELL_BYTES_MAX ((size_t)XLSX_CELL_MAX * 4 + 64)
#define LIST_BYTES_MAX ((size_t)XLSX_CELL_MAX * 2 + 64)
#define ZIP64_FROM ((uint64_t)3 << 30) /* bytes of rows; the plain format ends at 4 GiB */
#define SPARE_BYTES ((uint64_t)1 << 20)

/* In reading order. */
static int (*const sheets[])(struct book *b, struct err *err) = {
    xlsx_cover,     xlsx_summary, xlsx_coverage, xlsx_controls, xlsx_findings, xlsx_landing_zone,
    xlsx_baselines, xlsx_keys,    xlsx_opt_in,   xlsx_tags,     xlsx_changes,  xlsx_diff,
    xlsx_waivers,   xlsx_poam,    xlsx_errors,   xlsx_evidence, xlsx_method};

const char *const coverage_words[COVERED_COUNT] = {"REACHED",   "PARTIAL",         "NOT REACHED",
                                                   "SUSPENDED", "REGION DISABLED", "REGION DENY"};

static const struct {
    lxw_color_t color, fill; /* 0: none */
    bool bold, wrap, border;
    double size;
    enum lxw_format_alignments align; /* LXW_ALIGN_NONE: by kind */
    const char *number;
} looks[STYLE_COUNT] = {
    [STYLE_TEXT] = {.border = true, .size = 10},
    [STYLE_WRAP] = {.border = true, .wrap = true, .size = 10},
    [STYLE_NUMBER] = {.border = true, .size = 10, .number = "#,##0"},
    [STYLE_PERCENT] = {.border = true, .size = 10, .number = "0.0%"},
    [STYLE_DATE] = {.border = true,
                    .size = 10,
                    .align = LXW_ALIGN_LEFT,
                    .number = "yyyy-mm-dd hh:mm:ss"},
    [STYLE_DAY] = {.border = true, .size = 10, .align = LXW_ALIGN_LEFT, .number = "yyyy-mm-dd"},
    [STYLE_GOOD] = {.color = 0x15803D, .fill = 0xDCFCE7, .bold = true, .border = true, .size = 10},
    [STYLE_BAD] = {.color = 0xB91C1C, .fill = 0xFEE2E2, .bold = true, .border = true, .size = 10},
    [STYLE_WARN] = {.color = 0x92400E, .fill = 0xFEF3C7, .bold = true, .border = true, .size = 10},
    [STYLE_QUIET] = {.color = 0x475569, .fill = 0xF1F5F9, .border = true, .size = 10},
    [STYLE_STRONG] = {.bold = true, .border = true, .size = 10, .number = "#,##0"},
    [STYLE_HEADER] = {.color = 0xFFFFFF,
                      .fill = 0x1E3A5F,
                      .bold = true,
                      .wrap = true,
                      .border = true,
                      .size = 10},
    [STYLE_TITLE] = {.color = 0x1E3A5F, .bold = true, .size = 20},
    [STYLE_PROVENANCE] = {.color = 0x334155, .bold = true, .size = 10},
    [STYLE_NOTE] = {.color = 0x475569, .size = 9},
    [STYLE_SECTION] = {.color = 0x1E3A5F, .bold = true, .size = 13},
    [STYLE_LABEL] = {.fill = 0xF1F5F9, .bold = true, .border = true, .size = 10, .wrap = true},
    [STYLE_BLANK] = {.border = true, .size = 10},
    [STYLE_FILL] = {.fill = 0xFFFBEB, .border = true, .wrap = true, .size = 10},
    [STYLE_LINK] = {.color = 0x1D4ED8, .border = true, .size = 10},
    [STYLE_BAD_NUMBER] = {.color = 0xB91C1C,
                          .fill = 0xFEE2E2,
                          .bold = true,
                          .border = true,
                          .size = 10,
                          .number = "#,##0"},
};

static int make_formats(struct book *b)
{
    for (size_t i = 0; i < STYLE_COUNT; i++) {
        lxw_format *f = workbook_add_format(b->workbook);
        if (f == NULL) {
            return -1;
        }
        format_set_font_size(f, looks[i].size);
        format_set_align(f, i == STYLE_HEADER ? LXW_ALIGN_VERTICAL_CENTER : LXW_ALIGN_VERTICAL_TOP);
        if (looks[i].align != LXW_ALIGN_NONE) {
            format_set_align(f, (uint8_t)looks[i].align);
        }
        /* Space between a number and the text in the next column. */
        if (i == STYLE_NUMBER || i == STYLE_PERCENT || i == STYLE_BAD_NUMBER) {
            format_set_align(f, LXW_ALIGN_RIGHT);
            format_set_indent(f, 1);
        }
        if (looks[i].color != 0) {
            format_set_font_color(f, looks[i].color);
        }
        if (looks[i].fill != 0) {
            format_set_bg_color(f, looks[i].fill);
        }
        if (looks[i].bold) {
            format_set_bold(f);
        }
        if (looks[i].wrap) {
            format_set_text_wrap(f);
        }
        if (looks[i].border) {
            format_set_border(f, LXW_BORDER_THIN);
            format_set_border_color(f, 0xCBD5E1);
        }
        if (looks[i].number != NULL) {
            format_set_num_format(f, looks[i].number);
        }
        if (i == STYLE_BLANK || i == STYLE_FILL) {
            format_set_unlocked(f);
        }
        if (i == STYLE_LINK) {
            format_set_underline(f, LXW_UNDERLINE_SINGLE);
        }
        b->formats[i] = f;
    }
    return 0;
}

static char *meta_copy(struct store *store, const char *key)
{
    const char *s = store_meta(store, key);
    return xstrdup(s != NULL ? s : "");
}

static int keep_check(void *context, const struct finding_count *c)
{
    struct book *b = context;
    b->checks = xreallocarray(b->checks, b->check_count + 1, sizeof *b->checks);
    struct check_count *kept = &b->checks[b->check_count++];
    *kept = (struct check_count){.check_id = xstrdup(c->check_id),
                                 .title = xstrdup(c->title),
                                 .step = c->step,
                                 .severity = c->severity};
    memcpy(kept->by_status, c->by_status, sizeof kept->by_status);
    return 0;
}

static int count_state(void *context, const struct coverage *c)
{
    struct book *b = context;
    for (size_t i = 0; i < COVERED_COUNT; i++) {
        b->covered[i] += strcmp(coverage_words[i], c->state) == 0;
    }
    return 0;
}

/* Frameworks and their requirements, worded once a check. */
static struct map *requirements_of(const json_t *rules)
{
    struct map *all = map_new(free);
    size_t i;
    const json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        struct text words;
        const char *framework;
        json_t *list;
        text_init(&words, LIST_BYTES_MAX);
        json_object_foreach(json_object_get(rule, "compliance"), framework, list)
        {
            text_add(&words, words.length > 0 ? "; " : "");
            text_add(&words, framework);
            for (size_t k = 0; k < json_array_size(list); k++) {
                const char *one = json_string_value(json_array_get(list, k));
                text_add(&words, k > 0 ? ", " : ": ");
                text_add(&words, one != NULL ? one : "?");
            }
        }
        map_set(all, jx_str_or(rule, "id", ""), text_take(&words));
    }
    return all;
}

const char *book_requirements(const struct book *b, const char *check_id)
{
    const char *words = map_get(b->requirements, check_id);
    return words != NULL ? words : "";
}

int64_t book_days_since(const struct book *b, const char *iso)
{
    int64_t wall_ms = 0;
    if (b->ended_ms <= 0 || iso == NULL || !time_parse_iso(iso, &wall_ms) ||
        wall_ms > b->ended_ms) {
        return -1;
    }
    return (b->ended_ms - wall_ms) / ((int64_t)24 * 3600 * 1000);
}

static int book_load(struct book *b, const struct report_input *in, struct err *err)
{
    b->in = in;
    text_init(&b->cell, CELL_BYTES_MAX);
    text_init(&b->list, LIST_BYTES_MAX);
    char *version = meta_copy(in->store, "version");
    char *organization = meta_copy(in->store, "organization_id");
    char *started = meta_copy(in->store, "started");
    char *ended = meta_copy(in->store, "ended");
    b->run_id = meta_copy(in->store, "run_id");
    b->provenance =
        xasprintf("towerkeep %s  |  run %s  |  organization %s  |  %s to %s (UTC)",
                  version[0] != '\0' ? version : "?", b->run_id[0] != '\0' ? b->run_id : "?",
                  organization[0] != '\0' ? organization : "?", started[0] != '\0' ? started : "?",
                  ended[0] != '\0' ? ended : "unfinished");
    if (!time_parse_iso(ended, &b->ended_ms)) {
        b->ended_ms = 0;
    }
    free(version);
    free(organization);
    free(started);
    free(ended);
    b->requirements = requirements_of(in->rules);
    int64_t largest = 0;
    if (store_count_facts(in->store, &b->facts, &largest, err) ||
        trend_read(in->store, &b->trend, err)) {
        return -1;
    }
    b->facts_whole = b->facts == largest;
    b->changes = report_kept(in->store, "changes");
    b->before = report_kept(in->store, "before");
    return report_summarize(in->store, &b->summary, err) ||
                   store_each_finding_count(in->store, keep_check, b, err) < 0 ||
                   coverage_each(in->store, count_state, b, err) < 0
               ? -1
               : 0;
}

static void book_release(struct book *b)
{
    for (size_t i = 0; i < b->check_count; i++) {
        free(b->checks[i].check_id);
        free(b->checks[i].title);
    }
    free(b->checks);
    free(b->provenance);
    free(b->run_id);
    json_decref(b->changes);
    json_decref(b->before);
    json_decref(b->trend);
    map_free(b->requirements);
    text_release(&b->cell);
    text_release(&b->list);
    if (b->workbook != NULL) {
        lxw_workbook_free(b->workbook);
    }
}

const json_t *book_rule(const struct book *b, const char *check_id)
{
    size_t i;
    const json_t *rule;
    json_array_foreach(b->in->rules, i, rule)
    {
        const char *id = jx_str(rule, "id");
        if (id != NULL && strcmp(id, check_id) == 0) {
            return rule;
        }
    }
    return NULL;
}

const json_t *book_zone(const struct book *b)
{
    return jx_get(subjects_context(b->in->subjects), "lz");
}

/* The run's own times, so that the same run gives the same bytes. */
static lxw_error set_properties(struct book *b)
{
    static char title[] = "Backup architecture audit";
    static char subject[] = "Centralized cross-Region backup under AWS Control Tower";
    static char author[] = "towerkeep";
    static char category[] = "Audit report";
    int64_t created_ms = 0;
    const char *ended = store_meta(b->in->store, "ended");
    const char *when = ended != NULL ? ended : store_meta(b->in->store, "started");
    if (when == NULL || !time_parse_iso(when, &created_ms) || created_ms < 1000) {
        created_ms = 1000; /* 0 would mean now */
    }
    char keywords[250];
    char *run = xstrdup(b->run_id);
    (void)snprintf(keywords, sizeof keywords, "run %s", utf8_valid(run, strlen(run)) ? run : "?");
    free(run);
    lxw_doc_properties properties = {.title = title,
                                     .subject = subject,
                                     .author = author,
                                     .category = category,
                                     .keywords = keywords,
                                     .created = (time_t)(created_ms / 1000)};
    return workbook_set_properties(b->workbook, &properties);
}

struct volume { /* of the rows in the library's temporary files */
    uint64_t all, largest;
};

static struct volume rows_volume(const struct book *b)
{
    struct volume v = {0, 0};
    lxw_sheet *at;
    STAILQ_FOREACH(at, b->workbook->sheets, list_pointers)
    {
        FILE *rows = at->u.worksheet->optimize_tmpfile;
        long told = rows != NULL ? ftell(rows) : 0;
        uint64_t size = told > 0 ? (uint64_t)told : 0;
        v.all += size;
        v.largest = size > v.largest ? size : v.largest;
    }
    return v;
}

/* While packing, the library copies each sheet once more and does not notice a full disk there:
   take the room it will need first, and give it back. */
static int check_room(const struct volume *v, int fd)
{
    int error = posix_fallocate(fd, 0, (off_t)(v->largest + v->all / 4 + SPARE_BYTES));
    if (error == EINVAL || error == ENODEV || error == ESPIPE) {
        return 0; /* not a file that can be sized beforehand */
    }
    return ftruncate(fd, 0) != 0 && error == 0 ? errno : error;
}

static int pack(struct book *b, struct out_file *file, const char *path, struct err *err)
{
    struct volume v = rows_volume(b);
    int error = check_room(&v, fileno(out_file_stream(file)));
    if (error != 0) {
        return err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(error));
    }
    b->workbook->options.use_zip64 = v.all > ZIP64_FROM ? LXW_TRUE : LXW_FALSE;
    errno = 0;
    lxw_error problem = workbook_close(b->workbook);
    error = errno;
    b->workbook = NULL; /* freed whatever came of it */
    if (problem != LXW_NO_ERROR) {
        return err_set(err, ERR_IO, "cannot write %s: %s", path,
                       error != 0 ? strerror(error) : lxw_strerror(problem));
    }
    return 0;
}

static int fill(struct book *b, struct out_file *file, const char *path, struct err *err)
{
    if (b->workbook == NULL || make_formats(b) || set_properties(b) != LXW_NO_ERROR) {
        return err_set(err, ERR_INTERNAL, "cannot write %s: the workbook could not be created",
                       path);
    }
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        if (sheets[i](b, err)) {
            return err_prefix(err, "cannot write %s", path);
        }
    }
    return pack(b, file, path, err);
}

int xlsx_write(const struct report_input *in, const char *path, const struct xlsx_limits *limits,
               struct err *err)
{
    struct book b = {.limits = *limits};
    struct out_file *file = NULL;
    char *copy = xstrdup(path);
    char *directory = xstrdup(dirname(copy));
    int rc = -1;
    if (book_load(&b, in, err) || out_file_open(path, &file, err)) {
        goto out;
    }
    /* Temporary files lie beside the result: there must be room there anyway, and it is private. */
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = directory};
    b.workbook = workbook_new_opt(out_file_temp_path(file), &options);
    if (fill(&b, file, path, err)) {
        out_file_abort(file);
        goto out;
    }
    rc = out_file_commit(file, err);
out:
    book_release(&b);
    free(directory);
    free(copy);
    return rc;
}

int report_write_xlsx(const struct report_input *in, const char *path, struct err *err)
{
    const struct xlsx_limits limits = {XLSX_ROWS_MAX, XLSX_LINKS_MAX};
    return xlsx_write(in, path, &limits, err);
}
