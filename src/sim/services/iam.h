#ifndef TOWERKEEP_SIM_SERVICES_IAM_H
#define TOWERKEEP_SIM_SERVICES_IAM_H

#include "sim.h"

/* SimulatePrincipalPolicy: the rows of EvaluationResults, new; NULL after sim_fail(). */
json_t *iam_simulate(struct sim_call *call);

#endif
