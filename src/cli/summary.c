/* What the terminal says at the end of a scan: verdict, coverage, a table by step, the worst
 * findings with their fix. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/env.h"
#include "base/jsonx.h"
#include "base/text.h"
#include "cli.h"

#define WAIVERS_SHOWN 20

#define COLOR_GREEN "\033[32m"
#define COLOR_RED "\033[31m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_BOLD "\033[1m"
#define COLOR_OFF "\033[0m"

static const char *const step_names[] = {
    "Organization and reach", "Backup accounts",  "Backup key",   "Landing zone settings",
    "Opt-in and delegation",  "Baselines on OUs", "Resource tags"};

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
        size.ws_col >= 40) {
        return size.ws_col;
    }
    return 100;
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

static void cell(FILE *out, int64_t value, int width, bool color, const char *code)
{
    if (value > 0) {
        fprintf(out, "%s%*" PRId64 "%s", paint(color, code), width, value, paint(color, COLOR_OFF));
    } else {
        fprintf(out, "%*s", width, "-");
    }
}

static void print_steps(FILE *out, const struct report_summary *s, bool color)
{
    fprintf(out, "\n  %-26s %8s %8s %8s %8s %8s\n", "Step", "fail", "unseen", "manual", "pass",
            "n/a");
    for (int step = 0; step < 7; step++) {
        const int64_t *row = s->step_status[step];
        fprintf(out, "  %d %-24s ", step, step_names[step]);
        cell(out, row[STATUS_FAIL], 8, color, COLOR_RED);
        fputc(' ', out);
        cell(out, row[STATUS_ERROR], 8, color, COLOR_YELLOW);
        fputc(' ', out);
        cell(out, row[STATUS_MANUAL], 8, color, COLOR_YELLOW);
        fputc(' ', out);
        cell(out, row[STATUS_PASS] + row[STATUS_FIXED], 8, color, COLOR_GREEN);
        fputc(' ', out);
        cell(out, row[STATUS_NOT_APPLICABLE], 8, false, "");
        fputc('\n', out);
    }
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
    struct text safe;
    text_init(&safe, 4 * 8192);
    text_add_printable(&safe, text_str(&line), line.length);
    fprintf(out, "    %-9s %s\n", jx_str_or(w, "state", "?"), text_str(&safe));
    text_release(&safe);
    text_release(&line);
}

/* Only what somebody should look after. */
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
            fputs("\n  Waivers that want attention\n", out);
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
    const char *comma = "\nSince the previous run: ";
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (told[i].always || s->by_change[told[i].change] > 0) {
            fprintf(out, "%s%" PRId64 " %s", comma, s->by_change[told[i].change], told[i].words);
            comma = ", ";
        }
    }
    fputc('\n', out);
}

void summary_print(FILE *out, struct store *store, const struct report_summary *s, bool color)
{
    const char *organization = store_meta(store, "organization_id");
    fprintf(out, "\n%s%s%s%s  organization %s", paint(color, COLOR_BOLD),
            paint(color, verdict_color(s->verdict)), verdict_name(s->verdict),
            paint(color, COLOR_OFF), organization ? organization : "?");
    const char *home = store_meta(store, "home_region");
    fprintf(out, ", home Region %s\n", home ? home : "?");
    double percent = s->coverage.expected > 0
                         ? 100.0 * (double)s->coverage.reached / (double)s->coverage.expected
                         : 0;
    fprintf(out,
            "Coverage: %" PRId64 " of %" PRId64 " account-Regions fully read (%.1f %%), %" PRId64
            " gap%s\n",
            s->coverage.reached, s->coverage.expected, percent, s->coverage.gaps,
            s->coverage.gaps == 1 ? "" : "s");
    print_steps(out, s, color);
    print_changes(out, s);
    if (s->by_status[STATUS_FIXED] > 0) {
        fprintf(out, "\n  %" PRId64 " of the passes failed before and are FIXED now\n",
                s->by_status[STATUS_FIXED]);
    }
    if (s->by_status[STATUS_MUTED] > 0) {
        fprintf(out, "\n  %" PRId64 " failing, but waived: MUTED\n", s->by_status[STATUS_MUTED]);
    }
    print_waivers(out, store);
}

struct printing {
    FILE *out;
    int left, hidden, width;
    bool color;
};

static void print_wrapped(const struct printing *p, const char *label, const char *words)
{
    struct text safe;
    if (!*words) {
        return;
    }
    text_init(&safe, 8192);
    text_add_printable(&safe, words, strlen(words) < 4000 ? strlen(words) : 4000);
    const char *at = text_str(&safe);
    size_t room = (size_t)(p->width > 30 ? p->width - 16 : 14);
    bool first = true;
    while (*at) {
        size_t take = strlen(at);
        if (take > room) {
            take = room;
            while (take > room / 2 && at[take] != ' ') {
                take--;
            }
            take = at[take] == ' ' ? take : room;
        }
        fprintf(p->out, "    %-9s %.*s\n", first ? label : "", (int)take, at);
        at += take;
        while (*at == ' ') {
            at++;
        }
        first = false;
    }
    text_release(&safe);
}

static int print_finding(void *context, const struct finding *f)
{
    struct printing *p = context;
    if (f->status != STATUS_FAIL && f->status != STATUS_ERROR) {
        return 1; /* they come worst first: nothing of these follows */
    }
    if (p->left == 0) {
        p->hidden++;
        return 0;
    }
    p->left--;
    const char *code = f->status == STATUS_FAIL ? COLOR_RED : COLOR_YELLOW;
    struct text place;
    text_init(&place, 2048);
    const char *name = *f->resource_name ? f->resource_name : f->subject;
    text_add_printable(&place, name, strlen(name));
    fprintf(p->out, "  %s%-5s%s %-8s %s%s%s  %s%s%s%s%s\n", paint(p->color, code),
            status_name(f->status), paint(p->color, COLOR_OFF), severity_name(f->severity),
            paint(p->color, COLOR_BOLD), f->check_id, paint(p->color, COLOR_OFF), text_str(&place),
            *f->account_id ? "  " : "", f->account_id, *f->region ? " " : "", f->region);
    text_release(&place);
    print_wrapped(p, "expected", f->expected);
    print_wrapped(p, "observed", f->observed);
    print_wrapped(p, "fix", f->remediation);
    return 0;
}

void summary_print_findings(FILE *out, struct store *store, int most, bool color)
{
    struct printing p = {.out = out, .left = most, .width = terminal_width(out), .color = color};
    struct err err = ERR_INIT;
    fputc('\n', out);
    if (store_each_finding(store, print_finding, &p, &err) < 0) {
        fprintf(out, "  (the findings could not be read: %s)\n", err.text);
    }
    if (p.hidden > 0) {
        fprintf(out, "  and %d more: see the reports\n", p.hidden);
    }
}
