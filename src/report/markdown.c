/* The run as a Markdown page, for chats and tickets: the results, the worst failures and what to
 * do. Text from AWS is in code spans, where links, mentions and markup have no effect. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "formats.h"
#include "model/step.h"
#include "plain.h"
#include "stream.h"

#define WORST_MAX 20 /* as many as people read in a chat */
#define GAPS_MAX 5
#define CHANGES_MAX 10
#define WORDS_MAX 240

/* A code span; a backtick would end it. */
static void code(struct text *out, const char *before, const char *s)
{
    struct text clean;
    text_init(&clean, WORDS_MAX * 4 + 8);
    plain_add(&clean, s, WORDS_MAX, false);
    const char *words = text_str(&clean);
    text_add(out, before);
    if (words[strspn(words, " ")] == '\0') {
        text_add(out, "\xE2\x80\x93");
        text_release(&clean);
        return;
    }
    text_addc(out, '`');
    for (; *words != '\0'; words++) {
        text_addc(out, *words == '`' ? '\'' : *words);
    }
    text_addc(out, '`');
    text_release(&clean);
}

static int worst(struct report_stream *f, const struct finding *finding)
{
    struct text *out = &f->text;
    if (finding->status != STATUS_FAIL || f->count >= WORST_MAX) {
        return 1;
    }
    text_addf(out, "- **%s** ", severity_name(finding->severity));
    code(out, "", finding->check_id);
    code(out, " ", finding->title);
    code(out, "\n  - where: ", *finding->account_id ? finding->account_id : "organization");
    if (*finding->account_name) {
        code(out, " ", finding->account_name);
    }
    if (*finding->region) {
        code(out, " ", finding->region);
    }
    code(out, " ", stream_resource(finding));
    code(out, "\n  - expected: ", finding->expected);
    code(out, "\n  - observed: ", finding->observed);
    if (*finding->remediation) {
        code(out, "\n  - fix: ", finding->remediation);
    }
    text_addc(out, '\n');
    return 0;
}

static int write_worst(struct report_stream *f)
{
    int64_t failing = f->summary.by_status[STATUS_FAIL];
    if (failing == 0) {
        return 0;
    }
    text_add(&f->text, "\n## Most severe failures\n\n");
    if (stream_findings(f, worst) < 0) {
        return -1;
    }
    if (failing > f->count) {
        text_addf(&f->text, "\n%" PRId64 " more findings fail; the other reports list them.\n",
                  failing - f->count);
    }
    return 0;
}

struct gaps {
    struct report_stream *stream;
    int64_t shown;
};

static int gap_line(void *context, int64_t id, const struct gap *g)
{
    struct gaps *gaps = context;
    struct text *out = &gaps->stream->text;
    (void)id;
    if (gaps->shown == GAPS_MAX) {
        return 0;
    }
    gaps->shown++;
    code(out, "- ", g->operation);
    code(out, " in ", *g->account ? g->account : "the organization");
    if (*g->region) {
        code(out, " ", g->region);
    }
    code(out, ": ", g->class);
    code(out, ", ", g->message);
    text_addc(out, '\n');
    return 0;
}

static int write_gaps(struct report_stream *f)
{
    struct gaps gaps = {f, 0};
    if (f->summary.coverage.gaps == 0) {
        return 0;
    }
    text_add(&f->text, "\n## Collection errors\n\n");
    if (store_each_gap(f->in->store, gap_line, &gaps, f->err) < 0) {
        return -1;
    }
    if (f->summary.coverage.gaps > gaps.shown) {
        text_addf(&f->text, "\n%" PRId64 " more collection errors; the other reports list them.\n",
                  f->summary.coverage.gaps - gaps.shown);
    }
    return 0;
}

static void write_changes(struct report_stream *f)
{
    json_t *changes = report_kept(f->in->store, "changes");
    size_t count = json_array_size(changes);
    if (count > 0) {
        text_add(&f->text, "\n## Changes\n\n");
    }
    for (size_t i = 0; i < count && i < CHANGES_MAX; i++) {
        const json_t *c = json_array_get(changes, i);
        char *before = report_state_text(json_object_get(c, "before"));
        char *after = report_state_text(json_object_get(c, "after"));
        code(&f->text, "- ", jx_str_or(c, "id", ""));
        code(&f->text, ": ", jx_str_or(c, "state", ""));
        code(&f->text, ", before ", before != NULL ? before : "");
        code(&f->text, ", after ", after != NULL ? after : "");
        text_addc(&f->text, '\n');
        free(before);
        free(after);
    }
    if (count > CHANGES_MAX) {
        text_addf(&f->text, "\n%zu more changes; the other reports list them.\n",
                  count - CHANGES_MAX);
    }
    json_decref(changes);
}

static void write_head(const struct report_stream *f, struct text *out)
{
    const struct coverage_totals *c = &f->summary.coverage;
    const int64_t *by = f->summary.by_status;
    int64_t judged = by[STATUS_PASS] + by[STATUS_FAIL];
    char *verdict = report_verdict(&f->summary);
    text_addf(out, "# Backup architecture audit: %s\n\n", verdict);
    free(verdict);
    code(out, "- Organization ", stream_meta(f, "organization_id"));
    code(out, ", management account ", stream_meta(f, "management_account"));
    code(out, "\n- Run ", stream_meta(f, "run_id"));
    code(out, ", ended ", stream_meta(f, "ended"));
    code(out, ", towerkeep ", stream_meta(f, "version"));
    code(out, ", AWS support as of ", stream_meta(f, "support_as_of"));
    text_addf(out,
              "\n- Coverage: %" PRId64 " of %" PRId64 " account-Regions read completely, %" PRId64
              " collection error%s\n",
              c->reached, c->expected, c->gaps, c->gaps == 1 ? "" : "s");
    if (judged > 0) {
        int64_t tenths = by[STATUS_PASS] * 1000 / judged; /* rounded down: 100.0 % is all of them */
        text_addf(out,
                  "- Pass rate: %" PRId64 ".%" PRId64 " %% (%" PRId64 " of %" PRId64
                  " are PASS or FAIL)\n",
                  tenths / 10, tenths % 10, by[STATUS_PASS], judged);
    }
    text_add(out, "- Failing:");
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        text_addf(out, "%s %" PRId64 " %s", i > 0 ? "," : "", f->summary.fail_by_severity[i],
                  severity_name((enum severity)i));
    }
    text_addc(out, '\n');
}

static void write_table(const struct report_stream *f, struct text *out)
{
    static const enum status order[] = {STATUS_FAIL,          STATUS_ERROR, STATUS_MANUAL,
                                        STATUS_MUTED,         STATUS_FIXED, STATUS_PASS,
                                        STATUS_NOT_APPLICABLE};
    size_t columns = sizeof order / sizeof *order;
    text_add(out, "\n| Step |");
    for (size_t i = 0; i < columns; i++) {
        text_addf(out, " %s |", status_name(order[i]));
    }
    text_add(out, "\n| --- |");
    for (size_t i = 0; i < columns; i++) {
        text_add(out, " ---: |");
    }
    for (int step = 0; step < 7; step++) {
        text_addf(out, "\n| %d %s |", step, step_name(step));
        for (size_t i = 0; i < columns; i++) {
            text_addf(out, " %" PRId64 " |", f->summary.step_status[step][order[i]]);
        }
    }
    text_add(out, "\n| All steps |");
    for (size_t i = 0; i < columns; i++) {
        text_addf(out, " %" PRId64 " |", f->summary.by_status[order[i]]);
    }
    text_addc(out, '\n');
}

int report_write_markdown(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    write_head(&f, &f.text);
    write_table(&f, &f.text);
    int rc = write_worst(&f);
    if (rc == 0) {
        write_changes(&f);
        rc = write_gaps(&f);
    }
    return stream_close(&f, rc);
}
