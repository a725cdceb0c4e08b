/* The HTML report's data as XML, as templates/report.xslt reads it; docs/templates.md names the
 * members. */
#ifndef TOWERKEEP_REPORT_HTML_H
#define TOWERKEEP_REPORT_HTML_H

#include <libxml/tree.h>

#include "flow.h"

#define HTML_FINDINGS_MAX 20000 /* more are counted, not listed */

/* A new child, and its attributes; values are made plain on the way. */
xmlNodePtr html_child(xmlNodePtr parent, const char *name);
void html_set(xmlNodePtr node, const char *name, const char *value); /* NULL or "": not set */
void html_set_number(xmlNodePtr node, const char *name, int64_t value);

/* Everything but the findings. */
int html_describe(struct flow *f, xmlNodePtr report);
/* One finding under <findings>. */
void html_finding(const struct flow *f, xmlNodePtr findings, const struct finding *finding);

#endif
