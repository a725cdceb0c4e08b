/* Findings as comma-separated values (RFC 4180: CRLF, quotes doubled). A field that a spreadsheet
 * would take for a formula begins with an apostrophe. */
#include <string.h>

#include "formats.h"
#include "plain.h"
#include "stream.h"

/* Also after blanks, and in their full-width forms: some programs skip the one and fold the other.
 */
static bool is_formula(const char *s)
{
    static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                       "\xEF\xBC\xA0"};
    if (*s == '\t' || *s == '\r' || *s == '\n') {
        return true;
    }
    while (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n') {
        s++;
    }
    for (size_t i = 0; *s == wide[0][0] && i < sizeof wide / sizeof *wide; i++) {
        if (str_starts(s, wide[i])) {
            return true;
        }
    }
    return *s == '=' || *s == '+' || *s == '-' || *s == '@';
}

static void field(struct text *out, const char *s)
{
    bool formula = is_formula(s);
    size_t length = strlen(s);
    bool bare = !formula && *s != ' ' && (length == 0 || s[length - 1] != ' ');
    if (bare && plain_run(s, length, '"', ',') == length) {
        text_addn(out, s, length);
        return;
    }
    struct text clean;
    text_init(&clean, length * 3 + 1);
    plain_add(&clean, s, 0, true);
    text_add(out, formula ? "\"'" : "\"");
    const char *rest = text_str(&clean);
    for (const char *quote = strchr(rest, '"'); quote != NULL; quote = strchr(rest, '"')) {
        text_addn(out, rest, (size_t)(quote - rest) + 1);
        text_addc(out, '"');
        rest = quote + 1;
    }
    text_add(out, rest);
    text_addc(out, '"');
    text_release(&clean);
}

static int line(struct report_stream *f, const struct finding *finding)
{
    char step[2] = {(char)('0' + finding->step), '\0'};
    const char *const fields[] = {finding->id,
                                  status_name(finding->status),
                                  severity_name(finding->severity),
                                  finding->check_id,
                                  finding->title,
                                  step,
                                  finding->account_id,
                                  finding->account_name,
                                  finding->ou_path,
                                  finding->region,
                                  finding->scope,
                                  finding->subject,
                                  finding->resource_arn,
                                  finding->resource_name,
                                  finding->expected,
                                  finding->observed,
                                  stream_before(f, finding),
                                  finding->detail,
                                  finding->risk,
                                  finding->remediation,
                                  finding->remedy,
                                  finding->evidence,
                                  finding->first_seen,
                                  finding->last_seen,
                                  finding->status_since,
                                  finding->waiver != NULL ? finding->waiver : ""};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (i > 0) {
            text_addc(&f->text, ',');
        }
        field(&f->text, fields[i]);
    }
    text_add(&f->text, "\r\n");
    return 0;
}

int report_write_csv(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    text_add(&f.text, "finding_id,status,severity,check_id,title,step,account_id,account_name,"
                      "ou_path,region,scope,subject,resource_arn,resource_name,expected,observed,"
                      "observed_before,detail,risk,remediation,remedy,evidence,"
                      "first_seen,last_seen,status_since,waiver\r\n");
    return stream_close(&f, stream_findings(&f, line));
}
