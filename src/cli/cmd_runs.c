/* runs: the runs kept under a directory, and which of them may go. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "options.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct kept { /* one run */
    char *path, *run_id, *ended;
    int64_t ended_ms;
    struct report_summary summary;
    bool is_signed, judged;
    bool holds_more; /* directories that are none of the run's own */
};

struct runs {
    const char *directory;
    long long keep, older_than; /* -1: not given */
    bool remove, json;
    struct kept *items;
    size_t count;
};

/* A link may lead to what is not ours to delete. */
static bool is_own_directory(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool holds_more(const char *path)
{
    char **names = NULL;
    size_t count = 0;
    struct err ignored = ERR_INIT;
    bool more = dir_list(path, NULL, &names, &count, &ignored) != 0;
    for (size_t i = 0; i < count && !more; i++) {
        char *inside = path_join(path, names[i]);
        more = is_own_directory(inside) && strcmp(names[i], PACKAGE_FOLDER) != 0;
        free(inside);
    }
    names_free(names, count);
    return more;
}

/* A run that cannot be read is reported and skipped. */
static void add_run(struct runs *r, const char *path)
{
    struct err err = ERR_INIT;
    struct store *store = NULL;
    struct kept one = {0};
    char *database = path_join(path, "run.db");
    if (!file_exists(database)) {
        free(database);
        return;
    }
    if (store_open(database, true, &store, &err) || report_summarize(store, &one.summary, &err)) {
        (void)cli_fail_and(&err, "; skipped");
    } else {
        const char *ended = store_meta(store, "ended");
        one.judged = ended && time_parse_iso(ended, &one.ended_ms);
        one.path = xstrdup(path);
        one.run_id = xstrdup(store_meta(store, "run_id") ? store_meta(store, "run_id") : "?");
        one.ended = xstrdup(ended ? ended : "?");
        one.is_signed = package_signed(path);
        one.holds_more = holds_more(path);
        r->items = xreallocarray(r->items, r->count + 1, sizeof *r->items);
        r->items[r->count++] = one;
    }
    store_close(store);
    free(database);
}

static int newest_first(const void *a, const void *b)
{
    const struct kept *left = a, *right = b;
    int order = (left->ended_ms < right->ended_ms) - (left->ended_ms > right->ended_ms);
    return order ? order : strcmp(left->path, right->path);
}

static int find_runs(struct runs *r, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    if (dir_list(r->directory, NULL, &names, &count, err)) {
        return -1;
    }
    add_run(r, r->directory);
    for (size_t i = 0; i < count; i++) {
        char *path = path_join(r->directory, names[i]);
        if (is_own_directory(path)) {
            add_run(r, path);
        }
        free(path);
    }
    names_free(names, count);
    if (r->count > 0) {
        qsort(r->items, r->count, sizeof *r->items, newest_first);
    }
    return 0;
}

/* The directory that was named may hold the others: it never goes. */
static bool may_go(const struct runs *r, size_t i, int64_t now_ms)
{
    const struct kept *one = &r->items[i];
    if (i == 0 || one->is_signed || !one->judged || one->holds_more ||
        strcmp(one->path, r->directory) == 0 || (r->keep < 0 && r->older_than < 0)) {
        return false;
    }
    return (r->keep < 0 || (long long)i >= r->keep) &&
           (r->older_than < 0 || now_ms - one->ended_ms > r->older_than * DAY_MS);
}

/* Under the run's lock: a scan into it may be under way. */
static int remove_run(const char *path, struct err *err)
{
    struct run_dir dir = {0};
    int rc = run_dir_open(&dir, path, err);
    if (rc == 0) {
        dir_remove(path);
        if (file_exists(path)) {
            rc = err_set(err, ERR_IO, "%s: not completely deleted", path);
        }
    }
    run_dir_close(&dir);
    return rc;
}

static json_t *describe(const struct kept *k, const char *fate)
{
    json_t *counts = json_object();
    for (int i = 0; i < STATUS_COUNT; i++) {
        json_object_set_new(counts, status_name((enum status)i),
                            json_integer(k->summary.by_status[i]));
    }
    const struct coverage_totals *c = &k->summary.coverage;
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:s?, s:o, s:{s:I, s:I, s:I}, s:b, s:s}", "directory",
        jx_string(k->path, strlen(k->path)), "run_id", jx_string(k->run_id, strlen(k->run_id)),
        "ended", jx_string(k->ended, strlen(k->ended)), "verdict", verdict_name(k->summary.verdict),
        "selection", k->summary.selection[0] != '\0' ? k->summary.selection : NULL, "by_status",
        counts, "coverage", "expected", (json_int_t)c->expected, "reached", (json_int_t)c->reached,
        "gaps", (json_int_t)c->gaps, "signed", k->is_signed, "fate", fate);
}

static void print_line(const struct kept *k, const char *fate)
{
    const struct report_summary *s = &k->summary;
    struct text line;
    text_init(&line, 16384);
    text_add_printable(&line, k->run_id, strnlen(k->run_id, 64));
    text_add(&line, "  ");
    text_add_printable(&line, k->ended, strnlen(k->ended, 32));
    text_addf(&line,
              "  %-13s %5" PRId64 " fail %5" PRId64 " error %5" PRId64 " pass  %" PRId64 "/%" PRId64
              " read  %-6s  ",
              verdict_name(s->verdict), s->by_status[STATUS_FAIL], s->by_status[STATUS_ERROR],
              s->by_status[STATUS_PASS] + s->by_status[STATUS_FIXED], s->coverage.reached,
              s->coverage.expected, k->is_signed ? "signed" : "");
    if (s->selection[0] != '\0') {
        text_addf(&line, "selection: %s  ", s->selection);
    }
    text_add_printable(&line, k->path, strnlen(k->path, 4096));
    text_addf(&line, "%s%s%s", *fate ? "  (" : "", fate, *fate ? ")" : "");
    /* On a terminal too narrow for a line, what it says goes on in further ones, and a path stays
     * whole; elsewhere a run is a line, for other programs. */
    if (isatty(STDOUT_FILENO) == 1) {
        wrap_print(stdout, "", "   ", text_str(&line), false);
    } else {
        puts(text_str(&line));
    }
    text_release(&line);
}

static int settle(struct runs *r, struct err *err)
{
    int rc = 0;
    int64_t now_ms = clock_wall_ms(NULL);
    json_t *list = json_array();
    for (size_t i = 0; rc == 0 && i < r->count; i++) {
        const char *fate = !may_go(r, i, now_ms) ? "" : r->remove ? "deleted" : "may go";
        if (strcmp(fate, "deleted") == 0) {
            rc = remove_run(r->items[i].path, err);
        }
        if (rc == 0 && r->json) {
            json_array_append_new(list, describe(&r->items[i], *fate ? fate : "stays"));
        } else if (rc == 0) {
            print_line(&r->items[i], str_equal(fate, "may go") ? "selected" : fate);
        }
    }
    if (r->json) {
        (void)jx_write(list, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(list);
    return rc;
}

int cmd_runs(struct options *o)
{
    struct err err = ERR_INIT;
    struct runs r = {.directory = o->arguments.items[0],
                     .keep = o->keep,
                     .older_than = o->older_than,
                     .remove = o->delete_runs,
                     .json = o->text_format != 0};
    if (r.remove && r.keep < 0 && r.older_than < 0) {
        usage_fail("--delete needs --keep or --older-than");
    }
    int rc = find_runs(&r, &err) || settle(&r, &err) ? -1 : 0;
    for (size_t i = 0; i < r.count; i++) {
        free(r.items[i].path);
        free(r.items[i].run_id);
        free(r.items[i].ended);
    }
    free(r.items);
    return rc < 0 ? cli_fail(&err) : EXIT_OK;
}
