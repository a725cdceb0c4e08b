/* OSCAL plan of action and milestones: an item per failing check and account, with its risk and
 * the observations behind it. */
#include <string.h>

#include "formats.h"
#include "oscal.h"
#include "plain.h"

static int observation_row(void *context, const struct finding *finding)
{
    struct oscal *o = context;
    struct report_stream *f = o->stream;
    text_add(&f->text, f->count++ == 0 ? "\n" : ",\n");
    oscal_observation(o, finding);
    return f->text.length > 60000 || text_failed(&f->text) ? stream_flush(f) : 0;
}

static int item_row(void *context, const struct finding *finding)
{
    struct oscal *o = context;
    struct report_stream *f = o->stream;
    char name[sizeof o->risk], item[OSCAL_UUID], risk[OSCAL_UUID];
    oscal_risk_name(finding, name, sizeof name);
    if (strcmp(name, o->risk) == 0) {
        return 0;
    }
    memcpy(o->risk, name, sizeof name);
    oscal_uuid(o, "item", name, item);
    oscal_uuid(o, "risk", name, risk);
    text_addf(&f->text, "%s{\"uuid\":\"%s\"", f->count++ == 0 ? "\n" : ",\n", item);
    oscal_line(o, ",\"title\":", finding->title, "(no title)");
    oscal_line(o, ",\"description\":", finding->remediation, "See the check.");
    text_add(&f->text, ",\"props\":[");
    o->comma = "";
    oscal_prop(o, "check-id", finding->check_id);
    oscal_prop(o, "account-id", finding->account_id);
    oscal_prop(o, "status", status_name(finding->status));
    oscal_prop(o, "remedy", finding->remedy);
    text_addf(&f->text, "],\"related-risks\":[{\"risk-uuid\":\"%s\"}]}", risk);
    return f->text.length > 60000 || text_failed(&f->text) ? stream_flush(f) : 0;
}

/* Calls each with what fails, waived or not. */
static int failing(struct oscal *o, int (*each)(void *context, const struct finding *f))
{
    struct report_stream *f = o->stream;
    f->count = 0;
    o->risk[0] = '\0';
    return store_each_finding_of(f->in->store, STATUS_FAIL, each, o, f->err) < 0 ||
                   store_each_finding_of(f->in->store, STATUS_MUTED, each, o, f->err) < 0
               ? -1
               : stream_flush(f);
}

static int write_items(struct oscal *o)
{
    struct text *out = &o->stream->text;
    const int64_t *by = o->stream->summary.by_status;
    char id[OSCAL_UUID];
    text_add(out, ",\n\"poam-items\":[");
    if (by[STATUS_FAIL] + by[STATUS_MUTED] == 0) { /* the model wants one at least */
        oscal_uuid(o, "item", "none", id);
        text_addf(out,
                  "\n{\"uuid\":\"%s\",\"title\":\"No open items\",\"description\":\"No check "
                  "fails in this run.\"}",
                  id);
    } else if (failing(o, item_row)) {
        return -1;
    }
    text_add(out, "\n]");
    return 0;
}

static int write_all(struct oscal *o)
{
    struct text *out = &o->stream->text;
    const int64_t *by = o->stream->summary.by_status;
    if (oscal_metadata(o, "plan-of-action-and-milestones",
                       "Plan of action for centralized cross-Region backup")) {
        return -1;
    }
    text_add(out, "\"system-id\":{\"identifier-type\":\"" OSCAL_NS "\"");
    oscal_line(o, ",\"id\":", stream_meta(o->stream, "organization_id"), "unknown");
    text_add(out, "},\n\"local-definitions\":{");
    if (oscal_definitions(o)) {
        return -1;
    }
    text_add(out, "}");
    if (by[STATUS_FAIL] + by[STATUS_MUTED] > 0) {
        text_add(out, ",\n\"observations\":[");
        if (failing(o, observation_row)) {
            return -1;
        }
        text_add(out, "\n]");
    }
    if (oscal_risks(o) || write_items(o)) {
        return -1;
    }
    oscal_back_matter(o);
    text_add(out, "}}\n");
    return 0;
}

int report_write_oscal_poam(const struct report_input *in, const char *path, struct err *err)
{
    struct report_stream f;
    struct oscal o;
    if (stream_open(&f, in, path, err)) {
        return -1;
    }
    oscal_begin(&o, &f);
    int rc = write_all(&o);
    oscal_end(&o);
    return stream_close(&f, rc);
}
