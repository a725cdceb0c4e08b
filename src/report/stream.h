/* What every streamed format needs: the run, its numbers, an open file and a buffer for the row in
 * hand. */
#ifndef TOWERKEEP_REPORT_STREAM_H
#define TOWERKEEP_REPORT_STREAM_H

#include <stdio.h>

#include "base/map.h"
#include "base/text.h"
#include "report/report.h"

struct out_file;

struct report_stream {
    const struct report_input *in;
    struct err *err;
    struct out_file *file;
    FILE *out; /* stream_flush() before writing past `text` */
    struct text text;
    struct report_summary summary;
    int64_t total;          /* findings of every status */
    int64_t count;          /* findings seen so far, this one not counted */
    struct map *rules;      /* id -> json_t, borrowed from the input */
    struct map *compliance; /* report_compliance_of_checks() */
    void *context;          /* the format's own; may be NULL */
    json_t *before;         /* what failed before the first change, by finding id; NULL: none */
};

int stream_open(struct report_stream *f, const struct report_input *in, const char *path,
                struct err *err);
/* Writes what was gathered; text is empty afterwards. */
int stream_flush(struct report_stream *f);
/* Calls each with every finding and f itself, until it returns 1 (enough; that one is not counted)
   or -1 (an error); flushes as it goes. */
int stream_findings(struct report_stream *f,
                    int (*each)(struct report_stream *f, const struct finding *finding));
/* Ends it: rc 0 commits the file, else it never was. Releases f. */
int stream_close(struct report_stream *f, int rc);

const char *stream_meta(const struct report_stream *f, const char *key); /* "" when there is none */
const json_t *stream_rule(const struct report_stream *f,
                          const char *check_id); /* NULL when unknown */
/* What a finding's check says of itself in the member, or "". */
const char *stream_rule_text(const struct report_stream *f, const char *check_id,
                             const char *member);
/* What was observed before the change that FIXED the finding; "" when it was not, or is unknown. */
const char *stream_before(const struct report_stream *f, const struct finding *finding);
/* What a finding is about, in one text: its ARN, or its subject's key. */
const char *stream_resource(const struct finding *finding);

#endif
