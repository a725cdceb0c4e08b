#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "core.h"

static void put(json_t *object, const char *label, unsigned long long count)
{
    if (count > 0) {
        json_object_set_new(object, label, json_integer((json_int_t)count));
    }
}

/*
 * What tells the objects of an operation apart, besides the account and Region of the call: members
 * of the input, or of the answer with '>' before them. A '#' asks for a digest. Operations without
 * a row: every text of the input's top level.
 */
static const struct {
    const char *operation;
    const char *members[3];
} named[] = {
    {"organizations:CreateAccount", {"Email"}},
    {"organizations:CreatePolicy", {"Type", "Name"}},
    {"organizations:UpdatePolicy", {"PolicyId", "#Content"}},
    {"organizations:PutResourcePolicy", {"#Content"}},
    {"controltower:UpdateLandingZone", {"version", "#manifest"}},
    {"controltower:EnableBaseline", {"baselineIdentifier", "targetIdentifier"}},
    {"kms:CreateKey", {">KeyMetadata.KeyId"}},
    {"kms:CreateAlias", {"AliasName", "TargetKeyId"}},
    {"kms:ReplicateKey", {"KeyId", "ReplicaRegion"}},
    {"kms:PutKeyPolicy", {"KeyId", "#Policy"}},
    {"backup:UpdateGlobalSettings", {"#GlobalSettings"}},
    {"backup:UpdateRegionSettings",
     {"#ResourceTypeOptInPreference", "#ResourceTypeManagementPreference"}},
    {"backup:PutBackupVaultAccessPolicy", {"BackupVaultName", "#Policy"}},
};

static void add_member(struct text *name, const struct sim_call *call, const char *member)
{
    bool digest = *member == '#';
    const json_t *value = *member == '>' ? jx_get(call->out, member + 1)
                                         : json_object_get(call->in, digest ? member + 1 : member);
    if (value != NULL && digest) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
        char hex[SHA256_HEX_SIZE];
        sha256_hex(text, strlen(text), hex);
        text_addf(name, " %.12s", hex);
        free(text);
    } else if (json_is_string(value)) {
        text_addf(name, " %s", json_string_value(value));
    }
}

static void add_object(struct sim *sim, const char *label, const char *name)
{
    json_t *objects = json_object_get(sim->objects, label);
    if (objects == NULL) {
        objects = json_object();
        json_object_set_new(sim->objects, label, objects);
    }
    json_object_set_new(objects, name,
                        json_integer(json_integer_value(json_object_get(objects, name)) + 1));
}

/* The Tagging API acts on many resources in one call. */
static bool note_resources(const struct sim_call *call, const char *label)
{
    const json_t *list = json_object_get(call->in, "ResourceARNList");
    const json_t *failed = json_object_get(call->out, "FailedResourcesMap");
    size_t i = 0;
    json_t *arn = NULL;
    json_array_foreach(list, i, arn)
    {
        if (json_object_get(failed, json_string_value(arn)) == NULL) {
            add_object(call->sim, label, json_string_value(arn));
        }
    }
    return list != NULL;
}

void effects_note(const struct sim_call *call)
{
    char label[128];
    struct text name;
    size_t row = 0, rows = sizeof named / sizeof *named;
    op_label(call->op, label, sizeof label);
    if (note_resources(call, label)) {
        return;
    }
    while (row < rows && !str_equal(named[row].operation, label)) {
        row++;
    }
    text_init(&name, 8192);
    text_addf(&name, "%s %s", call->account, call->region);
    if (row < rows) {
        for (size_t i = 0; i < 3 && named[row].members[i] != NULL; i++) {
            add_member(&name, call, named[row].members[i]);
        }
    } else {
        const char *member = NULL;
        json_t *value = NULL;
        json_object_foreach(call->in, member, value)
        {
            add_member(&name, call, member);
        }
    }
    add_object(call->sim, label, text_str(&name));
    text_release(&name);
}

json_t *effects_report(struct sim *sim)
{
    json_t *calls = json_object(), *writes = json_object(), *denied = json_object();
    unsigned long long total = 0, effective = 0;
    for (size_t i = 0; i < routes_count(sim->routes); i++) {
        const struct route *r = routes_at(sim->routes, i);
        char label[128];
        op_label(r->op, label, sizeof label);
        put(calls, label, r->calls);
        put(writes, label, r->writes);
        put(denied, label, r->denied);
        total += r->calls;
        effective += r->writes;
    }
    return json_pack("{s:o, s:o, s:o, s:O, s:I, s:I}", "calls", calls, "writes", writes, "denied",
                     denied, "objects", sim->objects, "total_calls", (json_int_t)total,
                     "total_writes", (json_int_t)effective);
}

static json_t *clock_report(struct sim *sim)
{
    char now[TIME_ISO_SIZE];
    time_iso(sim_now_ms(sim), now);
    return json_pack("{s:s, s:I, s:I}", "now", now, "now_ms", (json_int_t)sim_now_ms(sim),
                     "pending_jobs", (json_int_t)timeline_pending(sim->timeline));
}

static json_t *clock_advance(struct sim *sim, const struct sim_request *request, int *status)
{
    const char *problem = NULL;
    json_t *body = jx_parse(text_str(&request->body), request->body.length, &problem);
    const json_t *seconds = json_object_get(body, "advance_seconds");
    const json_t *scale = json_object_get(body, "time_scale");
    if (seconds == NULL && json_is_number(scale) && json_number_value(scale) >= 0 &&
        json_number_value(scale) <= 1e7) {
        timeline_set(sim->timeline, sim_now_ms(sim), json_number_value(scale));
        json_decref(body);
        return clock_report(sim);
    }
    if (!json_is_number(seconds) || json_number_value(seconds) < 0 ||
        json_number_value(seconds) > 4e9) {
        *status = 400;
        json_decref(body);
        return json_pack("{s:s}", "error",
                         "expected a body {\"advance_seconds\": N} or {\"time_scale\": X}");
    }
    timeline_advance(sim->timeline, (int64_t)(json_number_value(seconds) * 1000.0));
    json_decref(body);
    sim_settle(sim);
    return clock_report(sim);
}

static json_t *state_report(struct sim *sim)
{
    json_t *out = json_object();
    size_t cursor = 0;
    const char *key = NULL;
    void *value = NULL;
    while (map_next(sim->states, &cursor, &key, &value)) {
        long long service = 0;
        char number[8];
        snprintf(number, sizeof number, "%.*s", (int)strcspn(key, "/"), key);
        if (!str_number(number, 0, SVC_COUNT - 1, &service)) {
            continue;
        }
        char name[160];
        snprintf(name, sizeof name, "%s%s", service_info((enum service)service)->name,
                 key + strlen(number));
        json_object_set(out, name, value);
    }
    return out;
}

static json_t *holds_release(struct sim *sim, const struct sim_request *request, int *status)
{
    const char *problem = NULL;
    json_t *body = jx_parse(text_str(&request->body), request->body.length, &problem);
    const char *name = json_string_value(json_object_get(body, "release"));
    json_t *answer = NULL;
    if (name == NULL || json_object_size(body) != 1) {
        *status = 400;
        answer = json_pack("{s:s}", "error", "expected a body {\"release\": NAME}");
    } else if (!faults_release(sim->faults, name)) {
        *status = 404;
        answer = json_pack("{s:o}", "error", json_sprintf("no fault is named '%s'", name));
    } else {
        answer = faults_holds(sim->faults);
    }
    json_decref(body);
    return answer;
}

static json_t *show_effects(struct sim *sim, const struct sim_request *request, int *status)
{
    (void)request;
    (void)status;
    return effects_report(sim);
}

static json_t *show_state(struct sim *sim, const struct sim_request *request, int *status)
{
    (void)request;
    (void)status;
    return state_report(sim);
}

static json_t *show_clock(struct sim *sim, const struct sim_request *request, int *status)
{
    (void)request;
    (void)status;
    return clock_report(sim);
}

static json_t *show_holds(struct sim *sim, const struct sim_request *request, int *status)
{
    (void)request;
    (void)status;
    return faults_holds(sim->faults);
}

static const struct {
    const char *method, *path;
    json_t *(*serve)(struct sim *sim, const struct sim_request *request, int *status);
} controls[] = {
    {.method = "GET", .path = "/_sim/effects", .serve = show_effects},
    {.method = "GET", .path = "/_sim/state", .serve = show_state},
    {.method = "GET", .path = "/_sim/clock", .serve = show_clock},
    {.method = "POST", .path = "/_sim/clock", .serve = clock_advance},
    {.method = "GET", .path = "/_sim/holds", .serve = show_holds},
    {.method = "POST", .path = "/_sim/holds", .serve = holds_release},
};

bool effects_serve(struct sim *sim, const struct sim_request *request,
                   struct sim_response *response)
{
    json_t *answer = NULL;
    if (!str_starts(request->path, "/_sim/")) {
        return false;
    }
    response->status = 200;
    for (size_t i = 0; answer == NULL && i < sizeof controls / sizeof *controls; i++) {
        if (str_equal(request->method, controls[i].method) &&
            str_equal(request->path, controls[i].path)) {
            answer = controls[i].serve(sim, request, &response->status);
        }
    }
    if (answer == NULL) {
        response->status = 404;
        answer = json_pack("{s:s}", "error",
                           "GET /_sim/effects, /_sim/state, /_sim/clock, /_sim/holds, or POST "
                           "/_sim/clock, /_sim/holds");
    }
    char *text = jx_dump(answer);
    text_add(&response->body, text);
    free(text);
    json_decref(answer);
    json_object_set_new(response->headers, "content-type", json_string("application/json"));
    return true;
}
