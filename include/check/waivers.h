/* Waivers: failures that are accepted for a limited time. Format: docs/waivers.md,
 * docs/schemas/waivers.schema.json. */
#ifndef TOWERKEEP_CHECK_WAIVERS_H
#define TOWERKEEP_CHECK_WAIVERS_H

#include <jansson.h>

#include "base/err.h"
#include "check/rules.h"
#include "model/finding.h"

struct waivers;

#define WAIVERS_EXPIRING_DAYS 30 /* a waiver is EXPIRING for so many days before its end */
#define WAIVERS_RULE "WVR-01"    /* checks the waivers themselves, so no waiver can cover it */

/* A check key that is the id of a rule matches only that rule; rules may be NULL. */
int waivers_load(const char *path, const struct rule_set *rules, struct waivers **out,
                 struct err *err);
void waivers_free(struct waivers *w);                /* accepts NULL */
const char *waivers_digest(const struct waivers *w); /* SHA-256 of the file */

/* Call before a run is evaluated: sets "now" to the end of the run and clears the matches.
 * ERR_INPUT when the run has no end
 * time. */
int waivers_begin(struct waivers *w, const char *now_iso, struct err *err);
/* The name of the first waiver in force that covers the failure, or NULL; borrowed. Every waiver
 * that covers the failure counts it. tags: {key: value} of the subject, or NULL. */
const char *waivers_mute(struct waivers *w, const struct finding *f, const json_t *tags);

/* The waivers part of the organization's document: {"given": bool, "expired": [text, ...],
 * "expired_unused": [text, ...], "all_evaluated": bool}; new reference. `expired` would cover a
 * failure of waivers_mute(), `expired_unused` none. w NULL: no file was given. `whole`: every check
 * and place was evaluated. */
json_t *waivers_document(const struct waivers *w, bool whole);
/* One object for each waiver, in file order, as in the report; new reference. */
json_t *waivers_report(const struct waivers *w);

#endif
