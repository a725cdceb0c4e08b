#include "option_table.h"

#include <ctype.h>
#include <string.h>

#include "option_forms.h"

const struct option_row *option_at(size_t index)
{
    return index < option_row_count ? &option_rows[index] : NULL;
}

bool option_taken(const struct option_row *row, enum command_id command)
{
    return (row->commands >> (unsigned)command & 1U) != 0;
}

const struct option_row *option_lettered(char letter, enum command_id command)
{
    const struct option_row *any = NULL;
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter != '\0' && option_rows[i].letter == letter) {
            if (option_taken(&option_rows[i], command)) {
                return &option_rows[i];
            }
            any = any == NULL ? &option_rows[i] : any;
        }
    }
    return any;
}

void option_variable(const struct option_row *row, char out[OPTION_VARIABLE_SIZE])
{
    static const char prefix[] = "TOWERKEEP_";
    size_t at = sizeof prefix - 1;
    memcpy(out, prefix, at);
    for (const char *c = row->name; *c != '\0' && at + 1 < OPTION_VARIABLE_SIZE; c++) {
        out[at++] = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
    }
    out[at] = '\0';
}
