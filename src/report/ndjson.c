/* Findings alone, an object a line, with the members they have in the JSON report. */
#include "formats.h"
#include "stream.h"

static int line(struct report_stream *f, const struct finding *finding)
{
    report_finding_json(&f->text, finding, f->before, f->compliance);
    text_addc(&f->text, '\n');
    return 0;
}

int report_write_ndjson(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    return stream_close(&f, stream_findings(&f, line));
}
