/* The HTML report's data as XML, as templates/report.xslt reads it; docs/templates.md names the
 * members. */
#ifndef TOWERKEEP_REPORT_HTML_HTML_H
#define TOWERKEEP_REPORT_HTML_HTML_H

#include <libxml/tree.h>

#include "base/map.h"
#include "stream.h"

#define HTML_FINDINGS_MAX 20000 /* more are counted, not listed */
#define HTML_ROWS_MAX 500       /* of collection errors, changes, locations, waivers */
#define HTML_FACTS_MAX 4000     /* API calls that the listed findings depend on */

/* A new child, and its attributes; values are made plain on the way. */
xmlNodePtr html_child(xmlNodePtr parent, const char *name);
void html_set(xmlNodePtr node, const char *name, const char *value); /* NULL or "": not set */
void html_set_number(xmlNodePtr node, const char *name, int64_t value);
struct html_attribute {
    const char *name, *value;
};
/* A row without a name ends the list. */
void html_set_all(xmlNodePtr node, const struct html_attribute *all);

/* Everything but the findings. */
int html_describe(struct report_stream *f, xmlNodePtr report);
int html_describe_parts(const struct report_stream *f,
                        xmlNodePtr report); /* called by html_describe */
/* One finding under <findings>; yours to read on, it belongs to the document. */
xmlNodePtr html_finding(const struct report_stream *f, xmlNodePtr findings,
                        const struct finding *finding);
/* Notes the first facts of a finding's evidence in `cited`, and names those noted under it. */
int html_cite(const struct report_stream *f, struct map *cited, xmlNodePtr finding,
              const char *evidence);
/* What was noted, in order of number, under <facts>. */
int html_facts(const struct report_stream *f, const struct map *cited, xmlNodePtr facts);

#endif
