/* What must hold before the first change. Each check is a row; each tells people what is wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/policy.h"
#include "preflight.h"

#define SCP_MAX 10 /* per target; a baseline with controls adds one */
#define ACCOUNT_QUOTA 10

void flight_problem(struct flight *f, const char *format, ...)
{
    char line[1024];
    va_list args;
    struct text text;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_init(&text, 4 * sizeof line);
    text_add_printable(&text, line, strlen(line));
    (void)json_array_append_new(f->problems, json_string(text_str(&text)));
    text_release(&text);
}

int flight_ask(struct flight *f, const char *operation, json_t *take_input, json_t **out,
               struct err *err)
{
    enum answer_class class = ANSWER_NETWORK;
    struct aws_call call = {.op = op_parse(operation),
                            .region = f->home,
                            .input = take_input,
                            .retry_refused_role = true};
    if (aws_call_wait(f->client, &call, out, &class, err) == 0) {
        return 0;
    }
    bool refused = class == ANSWER_DENIED || class == ANSWER_REGION_DENY ||
                   class == ANSWER_NOT_FOUND || class == ANSWER_INVALID;
    return refused ? 1 : -1;
}

/* The same; what AWS refuses is a problem. */
static int ask(struct flight *f, const char *operation, json_t *take_input, json_t **out,
               struct err *err)
{
    int rc = flight_ask(f, operation, take_input, out, err);
    if (rc > 0) {
        flight_problem(f, "%s", err->text);
        *err = (struct err)ERR_INIT;
    }
    return rc;
}

/* Does any step send an operation that begins so? */
static const struct plan_step *first_sending(const struct flight *f, const char *operation)
{
    for (size_t i = 0; i < f->steps->count; i++) {
        const struct plan_step *step = f->steps->items[i];
        if (str_starts(step->send->operation, operation)) {
            return step;
        }
    }
    return NULL;
}

/* --- the caller --- */

static int check_caller(struct flight *f, struct err *err)
{
    json_t *answer = NULL;
    int rc = ask(f, "organizations:DescribeOrganization", NULL, &answer, err);
    if (rc == 0) {
        const char *found = jx_str_or(answer, "Organization.Id", "");
        const char *wanted = f->plan->organization_id;
        const char *master = jx_str_or(answer, "Organization.MasterAccountId", "");
        if (strcmp(found, wanted) != 0) {
            flight_problem(f, "the plan is for the organization %s; these credentials belong to %s",
                           wanted, found);
        } else if (strcmp(master, aws_client_account(f->client)) != 0) {
            flight_problem(f, "changes are made from the management account %s, not from %s",
                           master, aws_client_account(f->client));
        }
    }
    json_decref(answer);
    return rc < 0 ? -1 : 0;
}

/* --- the landing zone --- */

static int load_landing_zone(struct flight *f, struct err *err)
{
    json_t *list = NULL;
    int rc = ask(f, "controltower:ListLandingZones", NULL, &list, err);
    const char *arn = jx_str(json_array_get(jx_get(list, "landingZones"), 0), "arn");
    if (rc == 0 && arn == NULL) {
        flight_problem(f, "there is no landing zone in %s: set up AWS Control Tower first",
                       f->home);
    } else if (rc == 0) {
        rc = ask(f, "controltower:GetLandingZone", json_pack("{s:s}", "landingZoneIdentifier", arn),
                 &f->landing_zone, err);
    }
    json_decref(list);
    return rc < 0 ? -1 : 0;
}

static int check_running(struct flight *f, struct err *err)
{
    json_t *answer = NULL;
    json_t *input = json_pack("{s:{s:[s]}}", "filter", "statuses", "IN_PROGRESS");
    int rc = ask(f, "controltower:ListLandingZoneOperations", input, &answer, err);
    const json_t *list = jx_get(answer, "landingZoneOperations");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *operation = json_array_get(list, i);
        if (str_equal(jx_str(operation, "status"), "IN_PROGRESS")) {
            flight_problem(f,
                           "a Control Tower operation is running (%s %s): wait until it has ended",
                           jx_str_or(operation, "operationType", ""),
                           jx_str_or(operation, "operationIdentifier", ""));
        }
    }
    json_decref(answer);
    return rc < 0 ? -1 : 0;
}

static int check_landing_zone(struct flight *f, struct err *err)
{
    bool resets = first_sending(f, "controltower:ResetLandingZone") != NULL ||
                  first_sending(f, "controltower:UpdateLandingZone") != NULL;
    if (first_sending(f, "controltower:") == NULL) {
        return 0;
    }
    if (load_landing_zone(f, err) != 0) {
        return -1;
    }
    const char *status = jx_str_or(f->landing_zone, "landingZone.status", "ACTIVE");
    const char *drift = jx_str_or(f->landing_zone, "landingZone.driftStatus.status", "IN_SYNC");
    if (strcmp(status, "ACTIVE") != 0 && !(resets && strcmp(status, "FAILED") == 0)) {
        flight_problem(f, "the landing zone is %s, not ACTIVE", status);
    }
    if (strcmp(drift, "IN_SYNC") != 0 && !resets) {
        flight_problem(f, "the landing zone has drifted, and the plan has no step that resets it");
    }
    return check_running(f, err);
}

/* From 4.0 on every integration can be off, and backup needs these two on. */
static void check_chain(struct flight *f, const struct plan_step *step)
{
    static const char *const needed[] = {"config", "securityRoles"};
    const json_t *manifest = jx_get(step->send->input, "manifest");
    const char *version = jx_str_or(step->send->input, "version", "");
    bool modern = strtol(version, NULL, 10) >= 4;
    if (!modern || !jx_bool(manifest, "backup.enabled")) {
        return;
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s.enabled", needed[i]);
        if (!jx_bool(manifest, path)) {
            flight_problem(f, "step %s: backup needs %s to be enabled in the manifest", step->id,
                           needed[i]);
        }
    }
}

static void check_root_stays(struct flight *f, const struct plan_step *step)
{
    const char *text = jx_str(step->send->input, "Policy");
    struct policy_frame frame = {.partition = f->plan->partition,
                                 .management_account = f->plan->management_account,
                                 .organization_id = f->plan->organization_id};
    if (text == NULL || !str_starts(step->send->operation, "kms:")) {
        return;
    }
    json_t *description = key_policy_describe(text, &frame);
    if (!jx_bool(description, "valid")) {
        flight_problem(f, "step %s: its key policy is not valid", step->id);
    } else if (!jx_bool(description, "management_root")) {
        flight_problem(f,
                       "step %s: its key policy would lock the management account out of the key",
                       step->id);
    }
    json_decref(description);
}

static int check_requests(struct flight *f, struct err *err)
{
    (void)err;
    for (size_t i = 0; i < f->steps->count; i++) {
        const struct plan_step *step = f->steps->items[i];
        check_root_stays(f, step);
        if (str_equal(step->send->operation, "controltower:UpdateLandingZone")) {
            check_chain(f, step);
        }
    }
    return 0;
}

/* --- accounts --- */

static bool in_plan(const struct flight *f, const char *account)
{
    for (size_t i = 0; i < f->steps->count; i++) {
        if (str_equal(f->steps->items[i]->send->account, account)) {
            return true;
        }
    }
    return false;
}

static size_t count_sending(const struct flight *f, const char *operation)
{
    size_t count = 0;
    for (size_t i = 0; i < f->steps->count; i++) {
        const struct plan_step *step = f->steps->items[i];
        count += str_equal(step->send->operation, operation) ? 1 : 0;
    }
    return count;
}

static int check_accounts(struct flight *f, struct err *err)
{
    json_t *answer = NULL;
    int rc = ask(f, "organizations:ListAccounts", NULL, &answer, err);
    const json_t *rows = jx_get(answer, "Accounts");
    size_t created = count_sending(f, "organizations:CreateAccount");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *id = jx_str_or(row, "Id", "");
        const char *state = jx_str_or(row, "Status", jx_str_or(row, "State", "ACTIVE"));
        if (strcmp(state, "ACTIVE") != 0 && in_plan(f, id)) {
            flight_problem(f, "account %s (%.64s) is %s: nothing can be changed there", id,
                           jx_str_or(row, "Name", ""), state);
        }
    }
    size_t there = json_array_size(rows);
    size_t quota = f->quota > 0 ? f->quota : ACCOUNT_QUOTA;
    /* Where there are more than the default allows, it was raised. */
    if (created > 0 && there + created > quota && (f->quota > 0 || there < ACCOUNT_QUOTA)) {
        flight_problem(
            f,
            "the plan creates %zu accounts in addition to %zu: the organization's quota is %zu%s",
            created, there, quota,
            f->quota > 0 ? " (limits.accounts)" : "; if it was raised, set limits.accounts");
    }
    json_decref(answer);
    return rc < 0 ? -1 : 0;
}

/* --- service control policies --- */

static int check_one_target(struct flight *f, const char *ou, struct err *err)
{
    json_t *answer = NULL;
    json_t *input = json_pack("{s:s, s:s}", "TargetId", ou, "Filter", "SERVICE_CONTROL_POLICY");
    int rc = ask(f, "organizations:ListPoliciesForTarget", input, &answer, err);
    size_t count = jx_count(answer, "Policies");
    if (count >= SCP_MAX) {
        flight_problem(
            f, "%s has %zu service control policies attached: a baseline may exceed the limit", ou,
            count);
    }
    json_decref(answer);
    return rc < 0 ? -1 : 0;
}

static int check_targets(struct flight *f, struct err *err)
{
    struct map *seen = map_new(NULL);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < f->steps->count; i++) {
        const struct plan_step *step = f->steps->items[i];
        const char *target = jx_str(step->send->input, "targetIdentifier");
        const char *ou = target != NULL ? strstr(target, "/ou-") : NULL;
        bool enables = str_equal(step->send->operation, "controltower:EnableBaseline");
        if (enables && ou != NULL && map_get(seen, ou + 1) == NULL) {
            map_set(seen, ou + 1, f);
            rc = check_one_target(f, ou + 1, err);
        }
    }
    map_free(seen);
    return rc;
}

/* --- Regions --- */

static bool is_off(const struct map *states, const char *region)
{
    const char *state = map_get(states, region);
    return state != NULL && str_starts(state, "DISABL");
}

/* Control Tower works in all of them, whatever Region its call goes to. */
static void check_governed(struct flight *f, const struct map *states)
{
    const json_t *governed = jx_get(f->landing_zone, "landingZone.manifest.governedRegions");
    for (size_t i = 0; i < json_array_size(governed); i++) {
        const char *region = json_string_value(json_array_get(governed, i));
        if (region != NULL && map_get(states, region) == NULL) {
            flight_problem(f, "%s is governed, but the management account has no such Region",
                           region);
        } else if (region != NULL && is_off(states, region)) {
            flight_problem(f, "%s is governed, but is not enabled in the management account",
                           region);
        }
    }
}

static int check_regions(struct flight *f, struct err *err)
{
    json_t *answer = NULL;
    struct map *states = map_new(free);
    int rc = ask(f, "account:ListRegions", NULL, &answer, err);
    const json_t *rows = jx_get(answer, "Regions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        map_set(states, jx_str_or(row, "RegionName", ""),
                xstrdup(jx_str_or(row, "RegionOptStatus", "")));
    }
    for (size_t i = 0; i < f->steps->count; i++) {
        const struct plan_step *step = f->steps->items[i];
        const char *caller = aws_client_account(f->client);
        const char *account = step->send->account != NULL ? step->send->account : caller;
        const char *region = step->send->region;
        if (strcmp(account, caller) == 0 && is_off(states, region)) {
            flight_problem(f, "%s is not enabled in the management account", region);
            map_set(states, region, xstrdup("TOLD"));
        }
    }
    if (rc == 0) {
        check_governed(f, states);
    }
    map_free(states);
    json_decref(answer);
    return rc < 0 ? -1 : 0;
}

static int (*const checks[])(struct flight *f, struct err *err) = {
    check_caller,  check_landing_zone, check_requests,   check_accounts,
    check_targets, check_regions,      check_permissions};

int preflight_run(struct aws_client *client, const struct plan *plan, int account_quota,
                  json_t *problems, struct err *err)
{
    struct flight f = {.client = client,
                       .plan = plan,
                       .steps = &plan->steps,
                       .home = plan->home_region,
                       .problems = problems,
                       .quota = account_quota > 0 ? (size_t)account_quota : 0};
    int rc = 0;
    bool any = f.steps->count > 0;
    for (size_t i = 0; any && rc == 0 && i < sizeof checks / sizeof *checks; i++) {
        rc = checks[i](&f, err);
    }
    json_decref(f.landing_zone);
    return rc;
}
