/*
 * The control catalog: the names behind the opaque identifiers of Control Tower's controls. It has
 * no state; its controls are those that this simulator's Control Tower enables.
 */
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "services/controltower/controltower.h"
#include "services/inventory.h"

/* The Region of "arn:aws:controltower:eu-central-1::control/X"; "" of one without. */
static void region_of(const char *identifier, char *out, size_t size)
{
    const char *at = identifier;
    for (int colons = 0; at != NULL && colons < 3; colons++) {
        at = strchr(at, ':');
        at = at != NULL ? at + 1 : NULL;
    }
    snprintf(out, size, "%.*s", at != NULL ? (int)strcspn(at, ":") : 0, at != NULL ? at : "");
}

static const struct ct_control *control_of(struct sim *sim, const char *identifier)
{
    char region[64], own[256];
    const struct ct_control *control = NULL;
    region_of(identifier, region, sizeof region);
    for (size_t i = 0; (control = ct_control_at(i)) != NULL; i++) {
        ct_control_identifier(sim, control, *region != '\0', region, own, sizeof own);
        if (strcmp(own, identifier) == 0) {
            return control;
        }
    }
    return NULL;
}

static int get_control(struct sim_call *call)
{
    const char *identifier = jx_str_or(call->in, "ControlArn", "");
    const struct ct_control *control = control_of(call->sim, identifier);
    char arn[256];
    if (control == NULL) {
        return sim_fail(call, 404, "ResourceNotFoundException", "Control %.200s was not found.",
                        identifier);
    }
    ct_control_identifier(call->sim, control, false, "", arn, sizeof arn);
    json_t *out = json_pack("{s:s, s:[s], s:s, s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:o, s:[]}", "Arn",
                            arn, "Aliases", control->alias, "Name", control->title, "Description",
                            control->title, "Behavior", "PREVENTIVE", "Severity", "MEDIUM",
                            "RegionConfiguration", "Scope", "GLOBAL", "Implementation", "Type",
                            "AWS::Organizations::Policy::SERVICE_CONTROL_POLICY", "CreateTime",
                            epoch(hashed_birth_ms(call->sim, arn)), "GovernedResources");
    json_object_update(call->out, out);
    json_decref(out);
    return 0;
}

static const struct sim_route routes[] = {
    {"GetControl", get_control,
     "ControlArn!:s34..2048/^arn:(aws(?:[-a-z]*)?):(controlcatalog|controltower):[a-zA-Z0-9-]*::"
     "control\\/[0-9a-zA-Z_\\-]+$/"},
};

const struct sim_service sim_controlcatalog = {
    .service = SVC_CONTROLCATALOG,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationException",
    .invalid_status = 400,
};
