/* What OSCAL's two documents share: words its data types take, UUIDs, metadata, the system and its
 * accounts, the tool, observations and risks. Structure: NIST OSCAL 1.2, models assessment-results
 * and plan-of-action-and-milestones (pages.nist.gov/OSCAL). */
#ifndef TOWERKEEP_REPORT_OSCAL_H
#define TOWERKEEP_REPORT_OSCAL_H

#include "stream.h"

#define OSCAL_VERSION "1.2.0"
#define OSCAL_NS "https://towerkeep.example/ns/oscal" /* of our property names */
#define OSCAL_UUID 37

struct oscal {
    struct report_stream *stream;
    struct map *accounts; /* ids that have an inventory item */
    char system[OSCAL_UUID], tool[OSCAL_UUID];
    const char *comma; /* before the next element of the list that is open */
    /* The check and account whose risk is being written; "" none. */
    char risk[160];
};

void oscal_begin(struct oscal *o, struct report_stream *f);
void oscal_end(struct oscal *o);
/* The UUID of something of this run: kind "finding", name its id. */
void oscal_uuid(const struct oscal *o, const char *kind, const char *name, char out[OSCAL_UUID]);
/* Appends `before` and the text as OSCAL's string: one line, no blanks at its ends, never empty. */
void oscal_line(struct oscal *o, const char *before, const char *text, const char *otherwise);
/* {"name":..,"ns":..,"value":..} after a comma where one is due; nothing when value is "". */
void oscal_prop(struct oscal *o, const char *name, const char *value);
void oscal_token(struct oscal *o, const char *before, const char *text);
const char *oscal_time(const struct report_stream *f,
                       const char *key); /* of the metadata; never empty */

int oscal_metadata(struct oscal *o, const char *kind, const char *title);
/* "components", "inventory-items", "assessment-assets" of a local-definitions object. */
int oscal_definitions(struct oscal *o);
void oscal_observation(struct oscal *o, const struct finding *finding);
/* One risk per check and account of the findings of these statuses, "risks":[..] with its comma;
   nothing when there are none. */
int oscal_risks(struct oscal *o);
/* The name whose UUID a finding's risk has. */
void oscal_risk_name(const struct finding *finding, char *out, size_t size);
void oscal_back_matter(struct oscal *o);

#endif
