/* The summary at the end of a scan: result, coverage, a table by step. print_findings.c lists the
 * findings. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/env.h"
#include "base/jsonx.h"
#include "base/text.h"
#include "cli.h"
#include "model/step.h"

#define WAIVERS_SHOWN 20

#define COLUMNS_MIN 40
#define COLUMNS_MAX 1000
#define COLUMNS_UNTOLD 100
#define NAME_COLUMNS 26 /* of a step and its number */
#define CELL_COLUMNS 8
#define ERRORS_SHOWN 5

/* In the order of the table. A narrow terminal shows columns without numbers last. */
static const struct {
    enum status status;
    const char *head, *color;
} cells[] = {{STATUS_FAIL, "fail", COLOR_RED},        {STATUS_ERROR, "error", COLOR_YELLOW},
             {STATUS_MANUAL, "manual", COLOR_YELLOW}, {STATUS_MUTED, "waived", ""},
             {STATUS_FIXED, "fixed", COLOR_GREEN},    {STATUS_PASS, "pass", COLOR_GREEN},
             {STATUS_NOT_APPLICABLE, "n/a", ""}};
#define CELLS (sizeof cells / sizeof *cells)

bool color_wanted(bool no_color_flag, FILE *out)
{
    const char *term = env_get("TERM");
    return !no_color_flag && !env_get("NO_COLOR") && isatty(fileno(out)) == 1 &&
           !(term && strcmp(term, "dumb") == 0);
}

int terminal_width(FILE *out)
{
    struct winsize size;
    if (isatty(fileno(out)) == 1 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= COLUMNS_MIN) {
        return size.ws_col;
    }
    const char *told = env_get("COLUMNS");
    long columns = told != NULL ? strtol(told, NULL, 10) : 0;
    return columns >= COLUMNS_MIN && columns <= COLUMNS_MAX ? (int)columns : COLUMNS_UNTOLD;
}

static const char *paint(bool color, const char *code)
{
    return color ? code : "";
}

static const char *verdict_color(enum verdict verdict)
{
    return verdict == VERDICT_COMPLIANT       ? COLOR_GREEN
           : verdict == VERDICT_NON_COMPLIANT ? COLOR_RED
                                              : COLOR_YELLOW;
}

static void cell(FILE *out, int64_t value, bool color, const char *code)
{
    if (value > 0 && *code) {
        fprintf(out, " %s%*" PRId64 "%s", paint(color, code), CELL_COLUMNS, value,
                paint(color, COLOR_OFF));
    } else if (value > 0) {
        fprintf(out, " %*" PRId64, CELL_COLUMNS, value);
    } else {
        fprintf(out, " %*s", CELL_COLUMNS, "-");
    }
}

/* Which cells fit: what has numbers before what has none, and both before "n/a". */
static void choose_cells(const struct report_summary *s, int width, bool chosen[CELLS])
{
    int room = (width - NAME_COLUMNS - 2) / (CELL_COLUMNS + 1);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < CELLS; i++) {
            bool applies = cells[i].status != STATUS_NOT_APPLICABLE;
            bool now = round == 0   ? s->by_status[cells[i].status] > 0 && applies
                       : round == 1 ? applies
                                    : true;
            if (now && !chosen[i] && room > 0) {
                chosen[i] = true;
                room--;
            }
        }
    }
}

static void print_row(FILE *out, const char *name, const int64_t by_status[STATUS_COUNT],
                      const bool chosen[CELLS], bool color)
{
    fprintf(out, "  %-*s", NAME_COLUMNS, name);
    for (size_t i = 0; i < CELLS; i++) {
        if (chosen[i]) {
            cell(out, by_status[cells[i].status], color, cells[i].color);
        }
    }
    fputc('\n', out);
}

static void print_steps(FILE *out, const struct report_summary *s, bool color)
{
    bool chosen[CELLS] = {false};
    choose_cells(s, terminal_width(out), chosen);
    fprintf(out, "\n  %s%-*s", paint(color, COLOR_BOLD), NAME_COLUMNS, "Step");
    for (size_t i = 0; i < CELLS; i++) {
        if (chosen[i]) {
            fprintf(out, " %*s", CELL_COLUMNS, cells[i].head);
        }
    }
    fprintf(out, "%s\n", paint(color, COLOR_OFF));
    for (int step = 0; step < STEP_COUNT; step++) {
        char name[NAME_COLUMNS + 1];
        (void)snprintf(name, sizeof name, "%s", step_title(step));
        print_row(out, name, s->step_status[step], chosen, color);
    }
    print_row(out, "All steps", s->by_status, chosen, color);
}

/* "75 findings fail: 18 critical, 57 high". */
static void print_failing(FILE *out, const struct report_summary *s)
{
    int64_t failing = s->by_status[STATUS_FAIL];
    const char *comma = ": ";
    struct text line;
    text_init(&line, 1024);
    if (failing == 0) {
        text_add(&line, s->verdict == VERDICT_INCOMPLETE ? "No findings fail among those evaluated"
                        : s->selection[0] != '\0'        ? "No findings fail in the selection"
                                                         : "No findings fail");
    } else {
        text_addf(&line, "%" PRId64 " finding%s", failing, failing == 1 ? " fails" : "s fail");
    }
    for (int i = 0; failing > 0 && i < SEVERITY_COUNT; i++) {
        if (s->fail_by_severity[i] > 0) {
            text_addf(&line, "%s%" PRId64 " %s", comma, s->fail_by_severity[i],
                      severity_name((enum severity)i));
            comma = ", ";
        }
    }
    wrap_print(out, "", "", text_str(&line), true);
    text_release(&line);
}

static void print_head(FILE *out, struct store *store, const struct report_summary *s, bool color)
{
    const char *organization = store_meta(store, "organization_id");
    char *verdict = report_verdict(s);
    struct text line;
    text_init(&line, 1024);
    text_addf(&line, "organization %.200s", organization ? organization : "?");
    const char *home = store_meta(store, "home_region");
    text_addf(&line, ", home Region %.100s", home ? home : "?");
    bool fits = strlen(verdict) + 2 + line.length <= (size_t)terminal_width(out);
    fprintf(out, "\n%s%s%s%s%s", paint(color, COLOR_BOLD), paint(color, verdict_color(s->verdict)),
            verdict, paint(color, COLOR_OFF), fits ? "" : "\n");
    wrap_print(out, fits ? "  " : "", "", text_str(&line), true);
    text_release(&line);
    free(verdict);
}

static void print_coverage(FILE *out, const struct coverage_totals *c)
{
    /* Rounded down: 100.0 % is all of them. */
    int64_t tenths = c->expected > 0 ? c->reached * 1000 / c->expected : 0;
    struct text line;
    text_init(&line, 1024);
    text_addf(&line,
              "Coverage: %" PRId64 " of %" PRId64 " account-Regions collected (%" PRId64 ".%" PRId64
              "%%), %" PRId64 " collection error%s",
              c->reached, c->expected, tenths / 10, tenths % 10, c->gaps, c->gaps == 1 ? "" : "s");
    wrap_print(out, "", "", text_str(&line), true);
    text_release(&line);
}

/* Runs of earlier versions do not say which file it was. */
static void print_configuration(FILE *out, struct store *store)
{
    const char *file = store_meta(store, "config_file");
    struct text line;
    if (file == NULL) {
        return;
    }
    text_init(&line, 8192);
    text_addf(&line, "Configuration: %.4000s",
              *file != '\0' ? file : "defaults (no configuration file)");
    wrap_print(out, "", "", text_str(&line), true);
    text_release(&line);
}

static void print_not_evaluated(FILE *out, const struct report_summary *s, struct store *store)
{
    if (s->verdict != VERDICT_INCOMPLETE) {
        return;
    }
    struct text line;
    text_init(&line, 1024);
    text_addf(&line, "%" PRId64 " check%s could not be evaluated.", s->by_status[STATUS_ERROR],
              s->by_status[STATUS_ERROR] == 1 ? "" : "s");
    wrap_print(out, "", "", text_str(&line), true);
    text_release(&line);
    print_collection_errors(out, store, ERRORS_SHOWN, s->coverage.gaps);
}

static void print_waiver(FILE *out, const json_t *w)
{
    const char *expires = jx_str(w, "expires");
    const char *problem = jx_str(w, "problem");
    const char *owner = jx_str(w, "owner");
    struct text line;
    text_init(&line, 8192);
    text_addf(&line, "%s (line %lld)", jx_str_or(w, "name", "?"), jx_int(w, "line", 0));
    if (expires) {
        text_addf(&line, ", until %s", expires);
    }
    if (owner) {
        text_addf(&line, ", owner %s", owner);
    }
    if (problem) {
        text_addf(&line, ": %s", problem);
    }
    char first[16];
    (void)snprintf(first, sizeof first, "    %-9.9s ", jx_str_or(w, "state", "?"));
    wrap_print(out, first, "              ", text_str(&line), true);
    text_release(&line);
}

/* Only those that need a decision. */
static void print_waivers(FILE *out, struct store *store)
{
    const char *kept = store_meta(store, "waivers");
    json_t *waivers = kept ? json_loads(kept, 0, NULL) : NULL;
    size_t i, shown = 0;
    const json_t *w;
    json_array_foreach(waivers, i, w)
    {
        if (strcmp(jx_str_or(w, "state", ""), "ACTIVE") == 0 && !jx_str(w, "problem")) {
            continue;
        }
        if (shown++ == 0) {
            fputs("\n  Waivers to review\n", out);
        }
        if (shown <= WAIVERS_SHOWN) {
            print_waiver(out, w);
        }
    }
    if (shown > WAIVERS_SHOWN) {
        fprintf(out, "    and %zu more: see the reports\n", shown - WAIVERS_SHOWN);
    }
    json_decref(waivers);
}

static void print_changes(FILE *out, const struct report_summary *s)
{
    static const struct {
        enum change change;
        const char *words;
        bool always;
    } told[] = {{CHANGE_NEW, "new", true},
                {CHANGE_REGRESSED, "regressed", false},
                {CHANGE_WAIVER_EXPIRED, "with an expired waiver", false},
                {CHANGE_RESOLVED, "resolved", true},
                {CHANGE_CHANGED, "changed", false},
                {CHANGE_NOT_COMPARED, "not compared", false}};
    if (!s->compared) {
        return;
    }
    struct text line;
    text_init(&line, 1024);
    text_add(&line, "Since the previous run: ");
    const char *comma = "";
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (told[i].always || s->by_change[told[i].change] > 0) {
            text_addf(&line, "%s%" PRId64 " %s", comma, s->by_change[told[i].change],
                      told[i].words);
            comma = ", ";
        }
    }
    fputc('\n', out);
    wrap_print(out, "", "", text_str(&line), true);
    text_release(&line);
}

void summary_print(FILE *out, struct store *store, const struct report_summary *s, bool color)
{
    print_head(out, store, s, color);
    print_failing(out, s);
    print_coverage(out, &s->coverage);
    print_configuration(out, store);
    print_not_evaluated(out, s, store);
    print_steps(out, s, color);
    print_changes(out, s);
    if (s->by_status[STATUS_FIXED] > 0) {
        fprintf(out, "\n  %" PRId64 " failed before and are now FIXED\n",
                s->by_status[STATUS_FIXED]);
    }
    if (s->by_status[STATUS_MUTED] > 0) {
        fprintf(out, "\n  %" PRId64 " failing but waived (MUTED)\n", s->by_status[STATUS_MUTED]);
    }
    print_waivers(out, store);
}

void print_written(const char *directory, const struct words *names)
{
    for (size_t i = 0; i < names->count; i++) {
        printf("%s %s/%s\n", i == 0 ? "Written:" : "        ", directory, names->items[i]);
    }
}
