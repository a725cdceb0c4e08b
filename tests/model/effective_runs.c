/* For the comparison with the simulator: reads a line of JSON [[POLICY ...] ...], one list for each
 * level from the root to the account, and prints the merged policy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/effective_policy.h"

#define LINE_BYTES_MAX (1 << 20)

int main(void)
{
    char *line = xmalloc(LINE_BYTES_MAX);
    while (fgets(line, LINE_BYTES_MAX, stdin) != NULL) {
        const char *problem = NULL;
        json_t *levels = jx_parse(line, strlen(line), &problem);
        struct effective_policy *p = effective_policy_new();
        for (size_t i = 0; i < json_array_size(levels); i++) {
            effective_policy_descend(p, json_array_get(levels, i));
        }
        json_t *result = effective_policy_result(p, "222233330001");
        char *shown = jx_dump(result);
        puts(shown);
        free(shown);
        json_decref(result);
        effective_policy_free(p);
        json_decref(levels);
    }
    free(line);
    return 0;
}
