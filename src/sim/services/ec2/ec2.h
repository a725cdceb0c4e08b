/* EC2 from the inside: filters, shared by what is described and what is tagged. */
#ifndef TOWERKEEP_SIM_SVC_EC2_H
#define TOWERKEEP_SIM_SVC_EC2_H

#include "services/listing.h"

/* Does a record {wire, tags} fit the call's filters? 1 or 0; -1 after refusing a filter the table
 * does not know. */
int ec2_filters_fit(struct sim_call *call, const struct filter *known, const json_t *record);
/* DryRun and MaxResults; `ids` names the member that may not come with MaxResults, or NULL. -1
 * after a refusal. */
int ec2_check_page(struct sim_call *call, const char *ids);

int ec2_describe_tags(struct sim_call *call);
int ec2_describe_regions(struct sim_call *call);
int ec2_create_tags(struct sim_call *call);
int ec2_delete_tags(struct sim_call *call);

#endif
