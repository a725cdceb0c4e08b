/* Optional parts of the page, which depend on options or a previous run: waivers, frameworks,
 * changes; and the API calls of findings. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "formats.h"
#include "html/html.h"
#include "store/history.h"

#define DIFFERENCES_MAX 500
#define FACTS_OF_A_FINDING 6

static void add_waivers(const struct report_stream *f, xmlNodePtr report)
{
    static const char *const members[] = {"name",    "account",       "check",  "description",
                                          "owner",   "justification", "ticket", "approved_by",
                                          "created", "expires",       "state",  "problem"};
    json_t *waivers = report_kept(f->in->store, "waivers");
    xmlNodePtr node = html_child(report, "waivers");
    size_t i;
    const json_t *w;
    html_set_number(node, "total", (int64_t)json_array_size(waivers));
    json_array_foreach(waivers, i, w)
    {
        if (i == HTML_ROWS_MAX) {
            break;
        }
        xmlNodePtr waiver = html_child(node, "waiver");
        for (size_t k = 0; k < sizeof members / sizeof *members; k++) {
            html_set(waiver, members[k], jx_str(w, members[k]));
        }
        html_set_number(waiver, "matched", jx_int(w, "matched", 0));
        if (json_is_integer(json_object_get(w, "days_left"))) {
            html_set_number(waiver, "days_left", jx_int(w, "days_left", 0));
        }
    }
    json_decref(waivers);
}

static void add_requirement(xmlNodePtr framework, const json_t *row)
{
    xmlNodePtr node = html_child(framework, "requirement");
    size_t i;
    const json_t *check;
    html_set_all(node, (const struct html_attribute[]){{"id", jx_str(row, "requirement")},
                                                       {"title", jx_str(row, "title")},
                                                       {"result", jx_str(row, "result")},
                                                       {"why", jx_str(row, "why")},
                                                       {NULL, NULL}});
    json_array_foreach(json_object_get(row, "checks"), i, check)
    {
        xmlNodePtr one = html_child(node, "check");
        html_set(one, "id", jx_str(check, "id"));
        html_set(one, "result", jx_str(check, "result"));
        html_set(one, "rationale", jx_str(check, "rationale"));
    }
}

static int add_frameworks(const struct report_stream *f, xmlNodePtr report)
{
    json_t *rows = NULL;
    xmlNodePtr node = html_child(report, "frameworks"), framework = NULL;
    const char *last = "";
    size_t i;
    const json_t *row;
    if (report_compliance(f->in->store, &rows, f->err)) {
        return -1;
    }
    json_array_foreach(rows, i, row)
    {
        const char *id = jx_str_or(row, "framework", "");
        if (framework == NULL || strcmp(id, last) != 0) {
            framework = html_child(node, "framework");
            html_set(framework, "id", id);
            html_set(framework, "title", jx_str(row, "framework_title"));
            last = id;
        }
        add_requirement(framework, row);
    }
    json_decref(rows);
    return 0;
}

struct differences {
    const struct report_stream *stream;
    xmlNodePtr node;
    size_t rows;
};

static int add_difference(void *context, const struct difference *d)
{
    struct differences *all = context;
    const struct finding *f = d->after != NULL ? d->after : d->before;
    if (all->rows == DIFFERENCES_MAX) {
        return 1;
    }
    all->rows++;
    xmlNodePtr node = html_child(all->node, "difference");
    html_set_all(node,
                 (const struct html_attribute[]){
                     {"change", change_name(d->change)},
                     {"severity", severity_name(f->severity)},
                     {"check", f->check_id},
                     {"title", stream_rule_text(all->stream, f->check_id, "title")},
                     {"account", f->account_id},
                     {"account_name", f->account_name},
                     {"region", f->region},
                     {"resource", f->resource_name[0] != '\0' ? f->resource_name : f->subject},
                     {"status_before", d->before != NULL ? status_name(d->before->status) : NULL},
                     {"status", d->after != NULL ? status_name(d->after->status) : NULL},
                     {"observed_before", d->before != NULL ? d->before->observed : NULL},
                     {"observed", d->after != NULL ? d->after->observed : NULL},
                     {"first_seen", d->first_seen},
                     {NULL, NULL}});
    return 0;
}

static int add_since(const struct report_stream *f, xmlNodePtr report)
{
    const struct report_summary *s = &f->summary;
    struct differences all = {f, NULL, 0};
    int64_t total = 0;
    int rc = 0;
    if (!s->compared) {
        return 0;
    }
    all.node = html_child(report, "since");
    html_set(all.node, "run_id", stream_meta(f, "previous_run_id"));
    html_set(all.node, "ended", stream_meta(f, "previous_ended"));
    for (unsigned change = 0; change < CHANGE_COUNT; change++) {
        xmlNodePtr count = html_child(all.node, "count");
        html_set(count, "change", change_name((enum change)change));
        html_set_number(count, "findings", s->by_change[change]);
        total += change < CHANGE_UNCHANGED ? s->by_change[change] : 0;
    }
    html_set_number(all.node, "total", total);
    for (unsigned change = 0; rc >= 0 && change < CHANGE_UNCHANGED; change++) {
        rc = s->by_change[change] > 0 && all.rows < DIFFERENCES_MAX
                 ? store_each_difference(NULL, f->in->store, 1U << change, add_difference, &all,
                                         f->err)
                 : 0;
    }
    return rc < 0 ? -1 : 0;
}

int html_describe_parts(const struct report_stream *f, xmlNodePtr report)
{
    add_waivers(f, report);
    return add_frameworks(f, report) || add_since(f, report) ? -1 : 0;
}

static int is_there(void *context, const struct fact *fact)
{
    (void)fact;
    *(bool *)context = true;
    return 0;
}

/* Noted, now or before; a fact that the run lacks is not. */
static int note(const struct report_stream *f, struct map *cited, const char *id, bool *noted)
{
    int rc = 0;
    *noted = map_get(cited, id) != NULL;
    if (!*noted && map_count(cited) < HTML_FACTS_MAX) {
        rc = store_read_fact(f->in->store, strtoll(id, NULL, 10), is_there, noted, f->err);
        if (rc == 0 && *noted) {
            map_set(cited, id, cited); /* any value: the key is what counts */
        }
    }
    return rc;
}

int html_cite(const struct report_stream *f, struct map *cited, xmlNodePtr finding,
              const char *evidence)
{
    size_t named = 0;
    int rc = 0;
    for (const char *at = evidence; rc == 0 && *at != '\0' && named < FACTS_OF_A_FINDING; named++) {
        size_t length = strcspn(at, " ");
        char id[24];
        bool noted = false;
        if (length > 0 && length < sizeof id) {
            memcpy(id, at, length);
            id[length] = '\0';
            rc = note(f, cited, id, &noted);
            if (noted) {
                html_set(html_child(finding, "fact"), "id", id);
            }
        }
        at += length + strspn(at + length, " ");
    }
    return rc;
}

struct citation {
    xmlNodePtr facts;
    int64_t id;
};

static int add_fact(void *context, const struct fact *fact)
{
    const struct citation *c = context;
    char time[TIME_ISO_SIZE];
    time_iso(fact->wall_ms, time);
    xmlNodePtr node = html_child(c->facts, "fact");
    html_set_number(node, "id", c->id);
    html_set_all(node, (const struct html_attribute[]){{"operation", fact->operation},
                                                       {"account", fact->account},
                                                       {"region", fact->region},
                                                       {"target", fact->target},
                                                       {"time", time},
                                                       {"request_id", fact->request_id},
                                                       {"digest", fact->digest},
                                                       {NULL, NULL}});
    html_set_number(node, "status", fact->http_status);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const int64_t *first = a, *second = b;
    return *first < *second ? -1 : *first > *second;
}

int html_facts(const struct report_stream *f, const struct map *cited, xmlNodePtr facts)
{
    int64_t *ids = xcalloc(map_count(cited) + 1, sizeof *ids);
    size_t count = 0, cursor = 0;
    const char *key;
    void *value;
    while (map_next(cited, &cursor, &key, &value)) {
        ids[count++] = strtoll(key, NULL, 10);
    }
    qsort(ids, count, sizeof *ids, by_number);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct citation c = {facts, ids[i]};
        rc = store_read_fact(f->in->store, ids[i], add_fact, &c, f->err);
    }
    free(ids);
    return rc;
}
