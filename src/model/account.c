#include "model/account.h"

#include <stddef.h>

#include "base/jsonx.h"

const char *account_state(const json_t *account, const char **source)
{
    static const char *const members[] = {"State", "Status"};
    for (size_t i = 0; i < 2; i++) {
        const char *state = jx_str(account, members[i]);
        if (state != NULL) {
            if (source != NULL) {
                *source = members[i];
            }
            return state;
        }
    }
    if (source != NULL) {
        *source = "";
    }
    return "";
}
