/* Control Tower does one thing at a time, for everybody: before a step of its group begins,
 * no operation of anybody may be running. Where this cannot be read, ConflictException tells. */
#include "engine.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"

#define BUSY_MAX 360 /* waits of 30 to 60 seconds: operations take up to two hours */

static void ask(struct step_run *r);

static void ask_for(struct step_run *r, const char *operation, json_t *take_input,
                    run_reply on_reply)
{
    char *name = xstrdup(operation);
    const struct plan_call call = {
        .operation = name, .region = r->engine->plan->home_region, .input = take_input};
    run_call(r, &call, on_reply);
    free(name);
    json_decref(take_input);
}

static void quiet(struct step_run *r)
{
    r->waits = 0;
    r->after_idle(r);
}

static void busy(struct step_run *r, const char *what)
{
    if (++r->waits > BUSY_MAX) {
        run_fail(r, "%s and has not ended", what);
        return;
    }
    run_tell(r, "waits: %s", what);
    run_wait(r, run_jitter(30, 60), ask);
}

static void on_operations(struct step_run *r, const struct reply *reply)
{
    const json_t *list = jx_get(reply->json, "landingZoneOperations");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_equal(jx_str(json_array_get(list, i), "status"), "IN_PROGRESS")) {
            busy(r, "a Control Tower operation is running");
            return;
        }
    }
    quiet(r);
}

static void on_landing_zone(struct step_run *r, const struct reply *reply)
{
    if (str_equal(jx_str(reply->json, "landingZone.status"), "PROCESSING")) {
        busy(r, "the landing zone is being changed");
        return;
    }
    ask_for(r, "controltower:ListLandingZoneOperations",
            json_pack("{s:{s:[s]}}", "filter", "statuses", "IN_PROGRESS"), on_operations);
}

static void on_landing_zones(struct step_run *r, const struct reply *reply)
{
    const char *arn = jx_str(json_array_get(jx_get(reply->json, "landingZones"), 0), "arn");
    if (arn == NULL) {
        quiet(r);
        return;
    }
    ask_for(r, "controltower:GetLandingZone", json_pack("{s:s}", "landingZoneIdentifier", arn),
            on_landing_zone);
}

static void ask(struct step_run *r)
{
    ask_for(r, "controltower:ListLandingZones", json_object(), on_landing_zones);
}

void wait_idle(struct step_run *r, run_action then)
{
    r->after_idle = then;
    ask(r);
}
