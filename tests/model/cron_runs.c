/* For the judge of schedules: reads lines "MILLISECONDS EXPRESSION", prints the three newest runs
 * before that time, in milliseconds, or "refused". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/cron.h"

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *expression = NULL;
        int64_t from = strtoll(line, &expression, 10), at = from;
        struct cron c;
        line[strcspn(line, "\n")] = '\0';
        if (cron_parse(expression + 1, &c) != NULL) {
            puts("refused");
            continue;
        }
        for (int i = 0; i < 3 && cron_previous(&c, at, &at); i++) {
            printf("%" PRId64 " ", at);
        }
        puts("");
    }
    return 0;
}
