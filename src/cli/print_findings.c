/* The lists under the summary: collection errors, and the worst findings, check by check, with an
 * example and its fix. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/text.h"
#include "cli.h"

#define INDENT 14 /* of what a label stands before */

struct printing {
    FILE *out;
    int left, width;
    bool color;
    unsigned statuses; /* bits: 1 << STATUS_... */
    char check[32];    /* of the findings in hand */
    enum status status;
    int64_t alike, hidden_findings; /* of that check; of checks that are not shown */
    int hidden_checks;
    bool shown;
};

static const char *paint(const struct printing *p, const char *code)
{
    return p->color ? code : "";
}

/* Words under a label. */
static void print_wrapped(const struct printing *p, const char *label, const char *words, bool cut)
{
    char first[INDENT + 1];
    (void)snprintf(first, sizeof first, "    %-9s ", label);
    wrap_print(p->out, first, "              ", words, cut);
}

static void end_check(struct printing *p)
{
    if (p->shown && p->alike > 1) {
        fprintf(p->out, "    and %" PRId64 " more of %s\n", p->alike - 1, p->check);
    }
    p->alike = 0;
}

static void print_place(const struct printing *p, const struct finding *f)
{
    struct text place;
    text_init(&place, 8192);
    const char *name = *f->resource_name ? f->resource_name : f->subject;
    text_add_printable(&place, name, strnlen(name, 1000));
    text_add(&place, *f->account_id || *f->region ? ", " : "");
    text_add_printable(&place, f->account_id, strlen(f->account_id));
    text_add(&place, *f->account_id && *f->region ? " " : "");
    text_add_printable(&place, f->region, strlen(f->region));
    print_wrapped(p, "where", text_str(&place), true);
    text_release(&place);
}

static void print_head(const struct printing *p, const struct finding *f)
{
    const char *code = f->status == STATUS_FAIL ? COLOR_RED : COLOR_YELLOW;
    struct text title;
    text_init(&title, 4096);
    text_add_printable(&title, f->title, strnlen(f->title, 1000));
    int used = fprintf(p->out, "\n  %s%-5s%s %-8s %s%s%s ", paint(p, code), status_name(f->status),
                       paint(p, COLOR_OFF), severity_name(f->severity), paint(p, COLOR_BOLD),
                       f->check_id, paint(p, COLOR_OFF));
    size_t taken = 18 + strlen(f->check_id), whole = columns_of(text_str(&title), title.length);
    size_t room = p->width > 0 && (size_t)p->width > taken ? (size_t)p->width - taken : 0;
    if (used < 0 || room >= whole) {
        fprintf(p->out, " %s\n", text_str(&title));
    } else {
        fputc('\n', p->out);
        print_wrapped(p, "", text_str(&title), true);
    }
    text_release(&title);
}

static int print_finding(void *context, const struct finding *f)
{
    struct printing *p = context;
    if (!(p->statuses & (1U << f->status))) {
        return 0;
    }
    if (p->alike == 0 || f->status != p->status || strcmp(p->check, f->check_id) != 0) {
        end_check(p);
        (void)snprintf(p->check, sizeof p->check, "%s", f->check_id);
        p->status = f->status;
        p->shown = p->left > 0;
        p->left -= p->shown ? 1 : 0;
        p->hidden_checks += p->shown ? 0 : 1;
        if (p->shown) {
            print_head(p, f);
            print_place(p, f);
            print_wrapped(p, "expected", f->expected, true);
            print_wrapped(p, "observed", f->observed, true);
            if (f->status == STATUS_FAIL || f->status == STATUS_MANUAL ||
                f->status == STATUS_ERROR) {
                print_wrapped(p, "fix", f->remediation, false);
            }
        }
    }
    p->alike++;
    p->hidden_findings += p->shown ? 0 : 1;
    return 0;
}

void print_findings(FILE *out, struct store *store, int most, unsigned statuses, bool color)
{
    struct printing p = {.out = out,
                         .left = most,
                         .width = terminal_width(out),
                         .color = color,
                         .statuses = statuses};
    struct err err = ERR_INIT;
    if (store_each_finding(store, print_finding, &p, &err) < 0) {
        fprintf(out, "\n  (cannot read the findings: %s)\n", err.text);
    }
    end_check(&p);
    if (p.hidden_findings > 0) {
        fprintf(out, "\n  and %" PRId64 " finding%s of %d more check%s: see the reports\n",
                p.hidden_findings, p.hidden_findings == 1 ? "" : "s", p.hidden_checks,
                p.hidden_checks == 1 ? "" : "s");
    }
}

struct errors {
    struct printing p;
    int64_t count;
};

static int print_error(void *context, int64_t id, const struct gap *g)
{
    struct errors *errors = context;
    (void)id;
    if (errors->p.left == 0) {
        return 1;
    }
    errors->p.left--;
    errors->count++;
    struct text line;
    text_init(&line, 16384);
    text_addf(&line, "%s in %s%s%s: %s: %.600s%s%.600s", g->operation, g->account,
              *g->region ? " " : "", g->region, g->class, g->code, *g->code ? ": " : "",
              g->message);
    print_wrapped(&errors->p, errors->count == 1 ? "error" : "", text_str(&line), true);
    text_release(&line);
    return 0;
}

void print_collection_errors(FILE *out, struct store *store, int most, int64_t total)
{
    struct errors errors = {.p = {.out = out, .left = most, .width = terminal_width(out)}};
    struct err err = ERR_INIT;
    fputc('\n', out);
    if (store_each_gap(store, print_error, &errors, &err) < 0) {
        fprintf(out, "  (cannot read the collection errors: %s)\n", err.text);
    } else if (total > errors.count) {
        fprintf(out, "    and %" PRId64 " more: see the reports\n", total - errors.count);
    }
}
