/* Findings alone, an object a line, with the members they have in the JSON report. */
#include "stream.h"
#include "formats.h"

static int line(struct flow *f, const struct finding *finding)
{
    report_finding_json(&f->text, finding, f->before, f->compliance);
    text_addc(&f->text, '\n');
    return 0;
}

int report_write_ndjson(const struct report_input *in, const char *path, struct err *err)
{
    struct flow f;
    if (flow_open(&f, in, path, err)) {
        return -1;
    }
    return flow_close(&f, flow_findings(&f, line));
}
