/* rules new: a rule that is well formed and tested from its first minute, to be filled with sense.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "inventory/subjects.h"
#include "rules_new.h"

/* What a skeleton of a scope looks at: a member, and documents with and without it. */
struct sample {
    const char *scope, *need, *member, *condition, *good, *bad;
};
static const struct sample samples[] = {
    {"org", "organizations:DescribeOrganization", "feature_set", "equals: ALL", "ALL",
     "CONSOLIDATED_BILLING"},
    {"landing-zone", "controltower:GetLandingZone", "status", "equals: ACTIVE", "ACTIVE", "FAILED"},
    {"ou", "controltower:ListEnabledBaselines", "registered", "equals: true", "true", "false"},
    {"account", "organizations:ListAccounts", "state", "equals: ACTIVE", "ACTIVE", "SUSPENDED"},
    {"key", "kms:DescribeKey", "state", "equals: Enabled", "Enabled", "Disabled"},
    {"account-region", "backup:ListBackupVaults", "local_vaults", "at_least: 1", "1", "0"},
    {"vault", "backup:ListBackupVaults", "locked", "equals: true", "true", "false"},
    {"plan", "backup:ListBackupPlans", "ct_tagged", "equals: true", "true", "false"},
    {"resource", "tagging:GetResources", "encrypted", "equals: true", "true", "false"},
};
/* Every document has a name. */
static const struct sample any_scope = {
    NULL, "organizations:ListAccounts", "_name", "not_equals: forbidden", "allowed", "forbidden"};

static const struct sample *sample_of(const char *scope)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        if (strcmp(samples[i].scope, scope) == 0) {
            return &samples[i];
        }
    }
    return &any_scope;
}

static int check_scope(const char *scope, struct err *err)
{
    enum scope known;
    if (scope_parse(scope, &known) == 0) {
        return 0;
    }
    const char *names[SCOPE_COUNT + 1] = {NULL};
    struct text list;
    text_init(&list, ERR_TEXT_MAX);
    for (int i = 0; i < SCOPE_COUNT; i++) {
        names[i] = scope_name((enum scope)i);
        text_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *near = str_nearest(scope, names);
    err_set(err, ERR_INPUT, "rules new: --scope %s: expected one of %s%s%s%s", scope,
            text_str(&list), near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
            near != NULL ? "\"?" : "");
    text_release(&list);
    return -1;
}

static int check_id(const char *id, const struct rule_set *shipped, struct err *err)
{
    if (strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != strlen(id) || id[0] == '\0') {
        return err_set(err, ERR_INPUT,
                       "rules new: expected an ID of capital letters, digits and dashes, such as "
                       "ACME-1, not \"%s\"",
                       id);
    }
    return rules_find(shipped, id) == NULL
               ? 0
               : err_set(err, ERR_INPUT,
                         "rules new: %s already exists; a rule with the same ID would replace it",
                         id);
}

static int write_whole(const char *path, const char *content, struct err *err)
{
    struct out_file *out = NULL;
    if (file_exists(path)) {
        return err_set(err, ERR_INPUT, "%s: already exists and is not overwritten", path);
    }
    if (out_file_open(path, &out, err) != 0) {
        return -1;
    }
    (void)fputs(content, out_file_stream(out));
    return out_file_commit(out, err);
}

static char *rule_text(const char *id, const char *scope, const struct sample *s)
{
    return xasprintf(
        "# Format: docs/rules.md. Members of scope %s: docs/subjects.md.\n"
        "id: %s\n"
        "title: The %s meets the requirement # TODO: describe the state that passes\n"
        "step: 0 # TODO: 0 organization and coverage, 1 accounts, 2 keys, 3 landing zone, 4 "
        "opt-in,\n"
        "        #       5 baselines, vaults and plans, 6 tags\n"
        "severity: medium # TODO: critical high medium low informational\n"
        "scope: %s\n"
        "why: TODO, the consequence of a failure.\n"
        "how: TODO, which answer of AWS is compared with which value, for auditors.\n"
        "needs: [%s] # those behind the members of when and assert are added\n"
        "# when: {field: ..., equals: ...} # the subjects; NOT_APPLICABLE for all others\n"
        "assert: {field: %s, %s}\n"
        "expected: \"%s %s\"\n"
        "observed: \"%s {%s}\"\n",
        scope, id, scope, scope, s->need, s->member, s->condition, s->member, s->good, s->member,
        s->member);
}

static char *fixture_text(const char *id, const struct sample *s)
{
    return xasprintf("rule: %s\n"
                     "cases:\n"
                     "  - name: compliant # TODO: describe the document\n"
                     "    verdict: PASS\n"
                     "    document: {%s: %s}\n"
                     "    observed: \"%s %s\"\n"
                     "  - name: not compliant\n"
                     "    verdict: FAIL\n"
                     "    document: {%s: %s}\n"
                     "  - name: an operation that could not be read gives ERROR\n"
                     "    verdict: ERROR\n"
                     "    document: {}\n"
                     "    gap: \"%s: AccessDeniedException\"\n",
                     id, s->member, s->good, s->member,
                     strcmp(s->good, "true") == 0 ? "yes" : s->good, s->member, s->bad, s->need);
}

static int write_both(const char *directory, const char *id, const char *scope, struct err *err)
{
    const struct sample *s = sample_of(scope);
    char *name = xasprintf("%s.yaml", id);
    char *tests = path_join(directory, "tests");
    char *rule_path = path_join(directory, name);
    char *fixture_path = path_join(tests, name);
    char *rule = rule_text(id, scope, s);
    char *fixture = fixture_text(id, s);
    int rc = -1;
    if (file_exists(fixture_path)) {
        err_set(err, ERR_INPUT, "%s: already exists and is not overwritten", fixture_path);
    } else if (dir_make(tests, err) == 0 && write_whole(rule_path, rule, err) == 0) {
        rc = write_whole(fixture_path, fixture, err);
    }
    if (rc == 0 && rules_check_file(rule_path, err) == 0) {
        printf("%s and %s are valid; complete the lines marked TODO.\n  towerkeep rules validate "
               "%s\n  towerkeep rules test --rules %s %s\n",
               rule_path, fixture_path, directory, directory, tests);
    } else {
        rc = -1;
    }
    free(name);
    free(tests);
    free(rule_path);
    free(fixture_path);
    free(rule);
    free(fixture);
    return rc;
}

int rules_new(const struct rule_set *shipped, const char *directory, const char *id,
              const char *scope, struct err *err)
{
    return check_id(id, shipped, err) == 0 && check_scope(scope, err) == 0
               ? write_both(directory, id, scope, err)
               : -1;
}
