#include "model/step.h"

static const struct {
    const char *name, *title;
} steps[STEP_COUNT] = {
    [0] = {"Organization and reach", "0 Organization and reach"},
    [1] = {"Backup accounts", "1 Backup accounts"},
    [2] = {"Backup key", "2 Backup key"},
    [3] = {"Landing zone settings", "3 Landing zone settings"},
    [4] = {"Opt-in and delegation", "4 Opt-in and delegation"},
    [5] = {"Baselines on OUs", "5 Baselines on OUs"},
    [6] = {"Resource tags", "6 Resource tags"},
};

const char *step_name(long long step)
{
    return step >= 0 && step < STEP_COUNT ? steps[step].name : "?";
}

const char *step_title(long long step)
{
    return step >= 0 && step < STEP_COUNT ? steps[step].title : "";
}
