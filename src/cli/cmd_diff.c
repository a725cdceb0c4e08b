/* diff: what became of each finding from one run to another. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "options.h"
#include "store/history.h"

#define MARGIN "               " /* as wide as a change and a blank */

struct diff {
    const char *runs[2];
    struct store *stores[2];
    bool json, all, color;
    bool first;
    int64_t counts[CHANGE_COUNT];
};

static json_t *words(const char *s)
{
    return s && *s ? jx_string(s, strlen(s)) : json_null();
}

static json_t *describe_run(struct store *s)
{
    return json_pack("{s:o, s:o, s:o}", "run_id", words(store_meta(s, "run_id")), "started",
                     words(store_meta(s, "started")), "ended", words(store_meta(s, "ended")));
}

static json_t *describe_side(const struct finding *f)
{
    return f ? json_pack("{s:s, s:s, s:o, s:o}", "status", status_name(f->status), "severity",
                         severity_name(f->severity), "expected", words(f->expected), "observed",
                         words(f->observed))
             : json_null();
}

static int json_row(void *context, const struct difference *d)
{
    struct diff *diff = context;
    const struct finding *f = d->after ? d->after : d->before;
    json_t *row =
        json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "change", change_name(d->change),
                  "finding_id", f->id, "check_id", words(f->check_id), "step", f->step, "subject",
                  words(f->subject), "account_id", words(f->account_id), "region", words(f->region),
                  "before", describe_side(d->before), "after", describe_side(d->after));
    fputs(diff->first ? "\n    " : ",\n    ", stdout);
    diff->first = false;
    (void)jx_write(row, stdout, JSON_COMPACT);
    json_decref(row);
    return 0;
}

static void add_safe(struct text *line, const char *s)
{
    text_add_printable(line, s, strnlen(s, 2000));
}

/* On a terminal in its width; elsewhere one line, for other programs. */
static void print_words(const char *first, const char *rest, const char *line)
{
    if (isatty(STDOUT_FILENO) == 1) {
        wrap_print(stdout, first, rest, line, true);
    } else {
        printf("%s%s\n", first, line);
    }
}

static int text_row(void *context, const struct difference *d)
{
    struct diff *diff = context;
    const struct finding *f = d->after ? d->after : d->before;
    static const char *const colors[CHANGE_COUNT] = {[CHANGE_REGRESSED] = "\033[31m",
                                                     [CHANGE_NEW] = "\033[31m",
                                                     [CHANGE_WAIVER_EXPIRED] = "\033[31m",
                                                     [CHANGE_CHANGED] = "\033[33m",
                                                     [CHANGE_RESOLVED] = "\033[32m",
                                                     [CHANGE_NOT_COMPARED] = "",
                                                     [CHANGE_UNCHANGED] = ""};
    char change[64];
    (void)snprintf(change, sizeof change, "%s%-14s%s ", diff->color ? colors[d->change] : "",
                   change_name(d->change), diff->color ? "\033[0m" : "");
    struct text line;
    text_init(&line, 16384);
    text_addf(&line, "%-8s ", severity_name(f->severity));
    add_safe(&line, f->check_id);
    text_add(&line, "  ");
    add_safe(&line, *f->resource_name ? f->resource_name : f->subject);
    text_addf(&line, "  %s -> %s", d->before ? status_name(d->before->status) : "absent",
              d->after ? status_name(d->after->status) : "absent");
    if (*f->account_id || *f->region) {
        text_add(&line, "  (");
        add_safe(&line, f->account_id);
        text_add(&line, *f->account_id && *f->region ? " " : "");
        add_safe(&line, f->region);
        text_add(&line, ")");
    }
    print_words(change, MARGIN, text_str(&line));
    text_clear(&line);
    if (f->status == STATUS_FAIL && d->change != CHANGE_UNCHANGED) {
        add_safe(&line, f->observed);
        print_words(MARGIN "observed ", MARGIN "         ", text_str(&line));
    }
    text_release(&line);
    return 0;
}

static int each_change(struct diff *d,
                       int (*each)(void *context, const struct difference *difference),
                       struct err *err)
{
    unsigned last = d->all ? CHANGE_COUNT : CHANGE_UNCHANGED;
    for (unsigned change = 0; change < last; change++) {
        if (d->counts[change] > 0 &&
            store_each_difference(d->stores[0], d->stores[1], 1U << change, each, d, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int print_json(struct diff *d, struct err *err)
{
    json_t *head = json_pack("{s:o, s:o}", "before", describe_run(d->stores[0]), "after",
                             describe_run(d->stores[1]));
    json_t *counts = json_object();
    for (int i = 0; i < CHANGE_COUNT; i++) {
        json_object_set_new(counts, change_name((enum change)i), json_integer(d->counts[i]));
    }
    fputs("{\n  \"schema\": \"towerkeep-diff/1\",\n  \"runs\": ", stdout);
    (void)jx_write(head, stdout, JSON_COMPACT);
    fputs(",\n  \"counts\": ", stdout);
    (void)jx_write(counts, stdout, JSON_COMPACT);
    fputs(",\n  \"differences\": [", stdout);
    json_decref(head);
    json_decref(counts);
    d->first = true;
    int rc = each_change(d, json_row, err);
    fputs(d->first ? "]\n}\n" : "\n  ]\n}\n", stdout);
    return rc;
}

static int print_text(struct diff *d, struct err *err)
{
    int rc = each_change(d, text_row, err);
    struct text line;
    text_init(&line, 1024);
    for (int i = 0; rc == 0 && i < CHANGE_COUNT; i++) {
        text_addf(&line, "%s%" PRId64 " %s", i ? ", " : "", d->counts[i],
                  change_name((enum change)i));
    }
    print_words("", "", text_str(&line));
    text_release(&line);
    return rc;
}

static int compare(struct diff *d, struct err *err)
{
    for (int i = 0; i < 2; i++) {
        char *path = NULL;
        int rc = run_dir_find(d->runs[i], &path, err) || store_open(path, true, &d->stores[i], err)
                     ? -1
                     : 0;
        free(path);
        if (rc) {
            return -1;
        }
    }
    if (store_count_differences(d->stores[0], d->stores[1], d->counts, err) < 0 ||
        (d->json ? print_json(d, err) : print_text(d, err))) {
        return -1;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return err_set(err, ERR_IO, "cannot write the comparison");
    }
    return d->counts[CHANGE_REGRESSED] + d->counts[CHANGE_NEW] + d->counts[CHANGE_WAIVER_EXPIRED] >
                   0
               ? EXIT_FAILING
               : EXIT_OK;
}

int cmd_diff(struct options *o)
{
    struct err err = ERR_INIT;
    struct diff d = {.runs = {o->arguments.items[0], o->arguments.items[1]},
                     .json = o->text_format != 0,
                     .all = o->all,
                     .color = color_wanted(o->run.no_color, stdout)};
    int rc = compare(&d, &err);
    store_close(d.stores[0]);
    store_close(d.stores[1]);
    return rc < 0 ? cli_fail(&err) : rc;
}
