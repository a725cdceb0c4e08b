#include "oscal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "plain.h"
#include "report/evidence.h"

#define LINE_MAX 60000
#define NEVER "1970-01-01T00:00:00Z" /* a run that was never finished has no end */

void oscal_begin(struct oscal *o, struct report_stream *f)
{
    *o = (struct oscal){.stream = f, .accounts = map_new(NULL), .comma = ""};
    oscal_uuid(o, "component", "system", o->system);
    oscal_uuid(o, "component", "tool", o->tool);
}

void oscal_end(struct oscal *o)
{
    map_free(o->accounts);
}

void oscal_uuid(const struct oscal *o, const char *kind, const char *name, char out[OSCAL_UUID])
{
    char *whole = xasprintf("%s/%s/%s", stream_meta(o->stream, "run_id"), kind, name);
    uuid_of_name(whole, out);
    free(whole);
}

const char *oscal_time(const struct report_stream *f, const char *key)
{
    const char *time = stream_meta(f, key);
    return time[0] != '\0' ? time : NEVER;
}

/* What Unicode calls a blank: OSCAL's strings may not begin or end with one. */
static bool is_blank(uint32_t code)
{
    static const uint32_t blanks[] = {' ',    0x85,   0xA0,   0x1680, 0x2028,
                                      0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF};
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        if (blanks[i] == code) {
            return true;
        }
    }
    return code >= 0x2000 && code <= 0x200A;
}

static void trimmed(struct text *out, const char *s)
{
    struct text plain;
    size_t end = 0; /* of the last word */
    text_init(&plain, LINE_MAX * 4);
    plain_add(&plain, s, LINE_MAX, false);
    for (const char *at = text_str(&plain); *at != '\0';) {
        size_t length = 1;
        uint32_t code = plain_decode(at, &length);
        if (!is_blank(code)) {
            text_addn(out, at, length);
            end = out->length;
        } else if (out->length > 0) {
            text_addc(out, ' ');
        }
        at += length;
    }
    out->length = end;
    if (out->data != NULL) {
        out->data[end] = '\0';
    }
    text_release(&plain);
}

/* Most texts are words of ours, which need nothing done to them. */
static bool is_simple(const char *s)
{
    size_t length = strlen(s);
    if (length == 0 || length > LINE_MAX || s[0] == ' ' || s[length - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (s[i] < 0x20 || s[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

void oscal_line(struct oscal *o, const char *before, const char *text, const char *otherwise)
{
    struct text line;
    if (text != NULL && is_simple(text)) {
        plain_add_json(&o->stream->text, before, text);
        return;
    }
    text_init(&line, LINE_MAX * 4);
    trimmed(&line, text != NULL ? text : "");
    plain_add_json(&o->stream->text, before, line.length > 0 ? text_str(&line) : otherwise);
    text_release(&line);
}

void oscal_prop(struct oscal *o, const char *name, const char *value)
{
    struct text line;
    text_init(&line, LINE_MAX * 4);
    trimmed(&line, value);
    if (line.length > 0) {
        text_addf(&o->stream->text, "%s{\"name\":\"%s\",\"ns\":\"" OSCAL_NS "\"", o->comma, name);
        plain_add_json(&o->stream->text, ",\"value\":", text_str(&line));
        text_addc(&o->stream->text, '}');
        o->comma = ",";
    }
    text_release(&line);
}

/* A letter or _, then letters, digits, dots, hyphens and underscores. */
void oscal_token(struct oscal *o, const char *before, const char *text)
{
    struct text *out = &o->stream->text;
    text_add(out, before);
    text_add(out, (text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z') ? "\""
                                                                                           : "\"_");
    for (; *text != '\0'; text++) {
        bool good = (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') ||
                    (*text >= 'a' && *text <= 'z') || *text == '-' || *text == '.';
        text_addc(out, good ? *text : '_');
    }
    text_addc(out, '"');
}

int oscal_metadata(struct oscal *o, const char *kind, const char *title)
{
    struct text *out = &o->stream->text;
    char id[OSCAL_UUID], party[OSCAL_UUID];
    oscal_uuid(o, "document", kind, id);
    oscal_uuid(o, "party", "organization", party);
    text_addf(out, "{\n\"%s\":{\"uuid\":\"%s\",\n\"metadata\":{\"title\":\"%s\"", kind, id, title);
    plain_add_json(out, ",\"last-modified\":", oscal_time(o->stream, "ended"));
    oscal_line(o, ",\"version\":", stream_meta(o->stream, "run_id"), "unknown");
    text_add(out, ",\"oscal-version\":\"" OSCAL_VERSION "\",\"props\":[");
    o->comma = "";
    oscal_prop(o, "tool-version", stream_meta(o->stream, "version"));
    oscal_prop(o, "verdict", verdict_name(o->stream->summary.verdict));
    oscal_prop(o, "selection", o->stream->summary.selection);
    oscal_prop(o, "rules-digest", stream_meta(o->stream, "rules_digest"));
    oscal_prop(o, "config-digest", stream_meta(o->stream, "config_digest"));
    oscal_prop(o, "waivers-digest", stream_meta(o->stream, "waivers_digest"));
    oscal_prop(o, "aws-support-as-of", stream_meta(o->stream, "support_as_of"));
    text_addf(out, "],\"parties\":[{\"uuid\":\"%s\",\"type\":\"organization\"", party);
    oscal_line(o, ",\"name\":", stream_meta(o->stream, "organization_id"), "unknown");
    text_add(out, "}]},\n");
    return stream_flush(o->stream);
}

static int account_item(void *context, const json_t *account)
{
    struct oscal *o = context;
    struct text *out = &o->stream->text;
    char id[OSCAL_UUID];
    const char *number = jx_str_or(account, "id", "");
    if (number[0] == '\0' || map_get(o->accounts, number) != NULL) {
        return 0;
    }
    text_add(out, map_count(o->accounts) == 0 ? ",\n\"inventory-items\":[\n" : ",\n");
    map_set(o->accounts, number, o);
    oscal_uuid(o, "account", number, id);
    text_addf(out, "{\"uuid\":\"%s\"", id);
    oscal_line(o, ",\"description\":", jx_str_or(account, "name", ""), "AWS account");
    text_add(out, ",\"props\":[");
    o->comma = "";
    oscal_prop(o, "account-id", number);
    oscal_prop(o, "ou-path", jx_str_or(account, "_ou_path", ""));
    oscal_prop(o, "state", jx_str_or(account, "state", ""));
    text_addf(out, "],\"implemented-components\":[{\"component-uuid\":\"%s\"}]}", o->system);
    return stream_flush(o->stream);
}

int oscal_definitions(struct oscal *o)
{
    struct text *out = &o->stream->text;
    char platform[OSCAL_UUID];
    oscal_uuid(o, "platform", "tool", platform);
    text_addf(out,
              "\"components\":[{\"uuid\":\"%s\",\"type\":\"this-system\",\"title\":\"Centralized "
              "cross-Region backup\"",
              o->system);
    oscal_line(o, ",\"description\":", stream_meta(o->stream, "organization_id"),
               "An AWS organization");
    text_add(out, ",\"status\":{\"state\":\"operational\"}}]");
    if (subjects_each(o->stream->in->subjects, SCOPE_ACCOUNT, account_item, o, o->stream->err) <
        0) {
        return -1;
    }
    text_add(out, map_count(o->accounts) > 0 ? "\n]" : "");
    text_addf(out,
              ",\n\"assessment-assets\":{\"components\":[{\"uuid\":\"%s\",\"type\":\"software\","
              "\"title\":\"towerkeep\",\"description\":\"Audits centralized cross-Region backup "
              "under AWS Control Tower\",\"status\":{\"state\":\"operational\"}}],"
              "\"assessment-platforms\":[{\"uuid\":\"%s\",\"title\":\"towerkeep\","
              "\"uses-components\":[{\"component-uuid\":\"%s\"}]}]}",
              o->tool, platform, o->tool);
    return stream_flush(o->stream);
}

static void add_origin(struct oscal *o)
{
    text_addf(&o->stream->text,
              ",\"origins\":[{\"actors\":[{\"type\":\"tool\",\"actor-uuid\":\"%s\"}]}]", o->tool);
}

/* The account, where it is known, else the whole; the resource is said in properties. */
static void add_subject(struct oscal *o, const struct finding *finding)
{
    struct text *out = &o->stream->text;
    char id[OSCAL_UUID];
    bool known = map_get(o->accounts, finding->account_id) != NULL;
    if (known) {
        oscal_uuid(o, "account", finding->account_id, id);
    }
    text_addf(out, ",\"subjects\":[{\"subject-uuid\":\"%s\",\"type\":\"%s\"",
              known ? id : o->system, known ? "inventory-item" : "component");
    oscal_line(o, ",\"title\":",
               finding->resource_name[0] != '\0' ? finding->resource_name : finding->subject,
               "(no name)");
    text_add(out, ",\"props\":[");
    o->comma = "";
    oscal_prop(o, "resource", stream_resource(finding));
    oscal_prop(o, "region", finding->region);
    oscal_prop(o, "scope", finding->scope);
    text_add(out, "]}]");
}

static void add_evidence(struct oscal *o, const struct finding *finding)
{
    struct text *out = &o->stream->text;
    struct text href;
    char *path = evidence_path(finding->check_id, finding->account_id, finding->region);
    text_init(&href, strlen(path) * 3 + 16);
    text_add_percent(&href, path, strlen(path), true);
    text_add(out, ",\"relevant-evidence\":[{\"href\":\"evidence/");
    text_addf(out, "%s\"", text_str(&href)); /* percent-encoded: nothing to escape */
    char *facts =
        xasprintf("API calls %s", finding->evidence[0] != '\0' ? finding->evidence : "none");
    oscal_line(o, ",\"description\":", facts, "facts");
    text_add(out, "}]");
    free(facts);
    free(path);
    text_release(&href);
}

void oscal_observation(struct oscal *o, const struct finding *finding)
{
    struct text *out = &o->stream->text;
    char id[OSCAL_UUID];
    oscal_uuid(o, "observation", finding->id, id);
    text_addf(out, "{\"uuid\":\"%s\"", id);
    oscal_line(o, ",\"title\":", finding->title, "(no title)");
    char *words = xasprintf("Expected: %s. Observed: %s.", finding->expected, finding->observed);
    oscal_line(o, ",\"description\":", words, "(nothing)");
    free(words);
    text_add(out, ",\"props\":[");
    o->comma = "";
    oscal_prop(o, "finding-id", finding->id);
    oscal_prop(o, "status", status_name(finding->status));
    oscal_prop(o, "severity", severity_name(finding->severity));
    oscal_prop(o, "check-id", finding->check_id);
    oscal_prop(o, "first-seen", finding->first_seen);
    oscal_prop(o, "status-since", finding->status_since);
    oscal_prop(o, "waiver", finding->waiver != NULL ? finding->waiver : "");
    oscal_prop(o, "observed-before", stream_before(o->stream, finding));
    text_addf(out, "],\"methods\":[\"%s\"],\"types\":[\"finding\"]",
              finding->status == STATUS_MANUAL ? "INTERVIEW" : "TEST");
    add_origin(o);
    add_subject(o, finding);
    add_evidence(o, finding);
    plain_add_json(out, ",\"collected\":", oscal_time(o->stream, "ended"));
    if (finding->detail[0] != '\0') {
        oscal_line(o, ",\"remarks\":", finding->detail, "(nothing)");
    }
    text_addc(out, '}');
}

void oscal_risk_name(const struct finding *finding, char *out, size_t size)
{
    (void)snprintf(out, size, "%.60s/%.40s/%s", finding->check_id, finding->account_id,
                   finding->status == STATUS_MUTED ? "accepted" : "open");
}

/* Everything but the observations, which follow one by one. */
static void begin_risk(struct oscal *o, const struct finding *finding, const char *name)
{
    struct text *out = &o->stream->text;
    bool muted = finding->status == STATUS_MUTED;
    char id[OSCAL_UUID], response[OSCAL_UUID];
    oscal_uuid(o, "risk", name, id);
    oscal_uuid(o, "response", name, response);
    text_addf(out, "%s{\"uuid\":\"%s\"", o->stream->count++ == 0 ? "" : "]},\n", id);
    oscal_line(o, ",\"title\":", finding->title, "(no title)");
    char *words =
        xasprintf("%s in %s %s", finding->check_id,
                  finding->account_id[0] != '\0' ? finding->account_id : "the organization",
                  finding->account_name);
    oscal_line(o, ",\"description\":", words, "(nothing)");
    free(words);
    oscal_line(o, ",\"statement\":", finding->risk, "The check fails.");
    text_addf(out, ",\"status\":\"%s\"", muted ? "deviation-approved" : "open");
    add_origin(o);
    text_addf(out,
              ",\"characterizations\":[{\"origin\":{\"actors\":[{\"type\":\"tool\",\"actor-uuid\":"
              "\"%s\"}]},\"facets\":[{\"name\":\"severity\",\"system\":\"" OSCAL_NS
              "\",\"value\":\"%s\"}]}]",
              o->tool, severity_name(finding->severity));
    text_addf(out,
              ",\"remediations\":[{\"uuid\":\"%s\",\"lifecycle\":\"recommendation\",\"title\":"
              "\"Remediation\"",
              response);
    oscal_line(o, ",\"description\":", finding->remediation, "See the check.");
    text_add(out, "}],\"related-observations\":[");
}

static int risk_row(void *context, const struct finding *finding)
{
    struct oscal *o = context;
    struct text *out = &o->stream->text;
    char name[sizeof o->risk], id[OSCAL_UUID];
    oscal_risk_name(finding, name, sizeof name);
    const char *comma = ",";
    if (strcmp(name, o->risk) != 0) {
        begin_risk(o, finding, name);
        memcpy(o->risk, name, sizeof name);
        comma = "";
    }
    oscal_uuid(o, "observation", finding->id, id);
    text_addf(out, "%s{\"observation-uuid\":\"%s\"}", comma, id);
    return out->length > 60000 || text_failed(out) ? stream_flush(o->stream) : 0;
}

int oscal_risks(struct oscal *o)
{
    static const enum status kinds[] = {STATUS_FAIL, STATUS_MUTED};
    const int64_t *by = o->stream->summary.by_status;
    if (by[STATUS_FAIL] + by[STATUS_MUTED] == 0) {
        return 0;
    }
    text_add(&o->stream->text, ",\n\"risks\":[\n");
    o->stream->count = 0;
    o->risk[0] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (store_each_finding_of(o->stream->in->store, kinds[i], risk_row, o, o->stream->err) <
            0) {
            return -1;
        }
    }
    text_add(&o->stream->text, "]}\n]");
    return stream_flush(o->stream);
}

void oscal_back_matter(struct oscal *o)
{
    static const struct {
        const char *name, *title, *description, *href;
    } resources[] = {
        {"rules", "The checks and how they are evaluated",
         "Sheet Control Matrix of the workbook; the digest of the rules is in the metadata.",
         "report.xlsx"},
        {"run", "The run itself",
         "A SQLite 3 database with every API call, collection error and finding.", "run.db"}};
    struct text *out = &o->stream->text;
    text_add(out, ",\n\"back-matter\":{\"resources\":[");
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        char id[OSCAL_UUID];
        oscal_uuid(o, "resource", resources[i].name, id);
        text_addf(out,
                  "%s{\"uuid\":\"%s\",\"title\":\"%s\",\"description\":\"%s\",\"rlinks\":[{"
                  "\"href\":\"%s\"}]}",
                  i > 0 ? "," : "", id, resources[i].title, resources[i].description,
                  resources[i].href);
    }
    text_add(out, "]}");
}
