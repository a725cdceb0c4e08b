/* Service control policies: the parts that backup needs. */
#include <string.h>

#include "base/mem.h"
#include "model/policy.h"
#include "statement.h"

/* With conditions that only except principals, the denial applies to all other principals. */
static bool only_excepts_principals(const json_t *statement)
{
    static const char *const tests[] = {"arnnotlike", "arnnotequals", "stringnotlike",
                                        "stringnotequals", NULL};
    json_t *copy = json_deep_copy(json_object_get(statement, "Condition"));
    const char *test = NULL, *key = NULL;
    json_t *keys = NULL, *values = NULL;
    bool only = true;
    json_object_foreach(copy, test, keys)
    {
        bool negative = false;
        for (size_t i = 0; tests[i] != NULL; i++) {
            negative = negative || strcmp(test, tests[i]) == 0;
        }
        json_object_foreach(keys, key, values)
        {
            only = only && negative && strcmp(key, "aws:principalarn") == 0;
        }
    }
    json_decref(copy);
    return only;
}

bool policy_denies_leaving(const char *text)
{
    json_t *statements = statements_parse(text);
    bool denies = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        denies = denies || (!statement_allows(s) &&
                            statement_covers_action(s, "organizations:leaveorganization") &&
                            statement_covers_all_resources(s) && only_excepts_principals(s));
    }
    json_decref(statements);
    return denies;
}
