#include "estate.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "model/condition.h"
#include "remedy.h"

/* Writes the plan's script into a new directory; both are yours. */
static char *script_in(const struct plan *plan, char **directory)
{
    struct err err = ERR_INIT;
    char template[] = "/tmp/towerkeep-emit-XXXXXX";
    assert_non_null(mkdtemp(template));
    char *path = xasprintf("%s/plan.sh", template);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(plan_emit_aws_cli(plan, out, &err), 0);
    assert_int_equal(fclose(out), 0);
    *directory = xstrdup(template);
    return path;
}

static char *read_all(const char *path)
{
    struct err err = ERR_INIT;
    char *data = NULL;
    size_t length = 0;
    if (file_read(path, 16 * 1024 * 1024, &data, &length, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return data;
}

/* Exit status of `bash FLAG path` with the directory first on PATH. */
static int bash(const char *directory, const char *flag, const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *search = xasprintf("PATH=%s:/usr/bin:/bin", directory);
        char *environment[] = {search, NULL};
        char name[] = "bash";
        char *const words[] = {name, (char *)(uintptr_t)flag, (char *)(uintptr_t)path, NULL};
        if (chdir(directory) == 0) {
            (void)execve("/bin/bash", words, environment);
        }
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Stands in for the AWS CLI: notes its arguments, one a line, and answers as a page of canned text.
 */
static void put_fake_cli(const char *directory)
{
    static const char fake[] =
        "#!/bin/bash\n"
        "printf '%s\\n' \"$@\" >>calls\n"
        "case \"$1 $2\" in\n"
        "'sts get-caller-identity') echo " MGMT ";;\n"
        "'sts assume-role') printf 'key\\tsecret\\ttoken\\n';;\n"
        "*' describe-key') if [ -e created ]; then echo true; else echo false; fi;;\n"
        "*' create-key') touch created; echo arn:made;;\n"
        "*) echo \"as ${AWS_ACCESS_KEY_ID:-nobody}\" >>calls; echo false;;\n"
        "esac\n";
    char *path = xasprintf("%s/aws", directory);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fputs(fake, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0700), 0);
    free(path);
}

static void clean(char *directory, char *path)
{
    static const char *const names[] = {"plan.sh", "aws", "calls", "created", "pwned", "answer"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *file = xasprintf("%s/%s", directory, names[i]);
        (void)unlink(file);
        free(file);
    }
    (void)rmdir(directory);
    free(directory);
    free(path);
}

static void replace(char **member, const char *with)
{
    free(*member);
    *member = xstrdup(with);
}

static struct plan *plan_of(struct plan_step *take_first, struct plan_step *take_second)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->organization_id = xstrdup("o-1");
    plan->management_account = xstrdup(MGMT);
    plan->partition = xstrdup("aws");
    plan->home_region = xstrdup(HOME);
    plan->run_id = xstrdup("r");
    if (take_first != NULL) {
        plan_steps_add(&plan->steps, take_first);
    }
    if (take_second != NULL) {
        plan_steps_add(&plan->steps, take_second);
    }
    return plan;
}

static struct plan_call *call_to(const char *operation, json_t *take_input)
{
    struct plan_call *call = xcalloc(1, sizeof *call);
    call->operation = xstrdup(operation);
    call->account = xstrdup(MGMT);
    call->region = xstrdup(HOME);
    call->input = take_input;
    return call;
}

static struct plan_step *step_sending(const char *id, const char *operation, json_t *take_input)
{
    static const struct remedy row = {
        .info = {.id = "do-it", .title = "Do it", .step = 2, .undo = "u"}, .risk = PLAN_RISK_LOW};
    struct plan_step *step = step_new(&row, NULL, "t");
    replace(&step->id, id);
    plan_strings_add(&step->reasons, "finding:1");
    step_send(step, call_to(operation, take_input));
    return step;
}

static void the_script_of_a_repair_is_as_reviewed(void **state)
{
    struct estate *e = *state;
    estate_fail_four(e);
    char *directory = NULL;
    char *path = script_in(estate_made(e), &directory);
    char *script = read_all(path);
    expect_golden("script.sh", script);
    assert_int_equal(bash(directory, "-n", path), 0);
    free(script);
    clean(directory, path);
}

static void commands_are_named_as_the_cli_names_them(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"organizations:EnableAWSServiceAccess", "aws organizations enable-aws-service-access "},
        {"rds:DescribeDBClusters", "aws rds describe-db-clusters "},
        {"tagging:TagResources", "aws resourcegroupstaggingapi tag-resources "},
        {"s3:PutBucketTagging", "aws s3api put-bucket-tagging "},
        {"controltower:UpdateLandingZone", "aws controltower update-landing-zone "}};
    struct plan *plan = plan_of(NULL, NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        plan_steps_add(&plan->steps, step_sending("do-it", names[i][0], json_object()));
    }
    char *directory = NULL;
    char *path = script_in(plan, &directory);
    char *script = read_all(path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_non_null(strstr(script, names[i][1]));
    }
    free(script);
    clean(directory, path);
    plan_free(plan);
}

#define HOSTILE "'; touch pwned; $(touch pwned) `touch pwned` \\' \" \n touch pwned # \t $${x-y:z}"

static void hostile_strings_reach_the_cli_unharmed(void **state)
{
    (void)state;
    json_t *input = json_pack("{s:s,s:{s:s}}", "Policy", HOSTILE, "Tags", HOSTILE, HOSTILE);
    struct plan_step *step = step_sending("put-it/" HOSTILE, "kms:PutKeyPolicy", input);
    replace(&step->title, HOSTILE);
    replace(&step->undo, HOSTILE);
    plan_strings_add(&step->reasons, HOSTILE);
    struct plan_call *ask = call_to("kms:ListKeys", NULL);
    replace(&ask->account, HOSTILE);
    replace(&ask->region, HOSTILE);
    replace(&ask->role, HOSTILE);
    step_precondition(step,
                      probe_says(probe_new(ask, cond_text("[\"a`b\"]", HOSTILE), false), HOSTILE));
    struct plan *plan = plan_of(step, NULL);
    plan->manual = xcalloc(1, sizeof *plan->manual);
    plan->manual_count = 1;
    plan->manual->check_id = xstrdup(HOSTILE);
    plan->manual->subject = xstrdup(HOSTILE);
    plan->manual->why = xstrdup(HOSTILE);
    replace(&plan->run_id, HOSTILE);
    char *directory = NULL;
    char *path = script_in(plan, &directory);
    put_fake_cli(directory);
    assert_int_equal(bash(directory, "-n", path), 0);
    assert_int_equal(bash(directory, "-u", path), 1); /* the precondition is not met */
    plan_probe_free(step->preconditions.items[--step->preconditions.count]);
    free(path);
    char *unused = directory;
    path = script_in(plan, &directory);
    clean(unused, NULL);
    put_fake_cli(directory);
    assert_int_equal(bash(directory, "-u", path), 0);
    char *pwned = xasprintf("%s/pwned", directory);
    assert_false(file_exists(pwned));
    char *calls_path = xasprintf("%s/calls", directory);
    char *calls = read_all(calls_path);
    char *json = json_dumps(input, JSON_COMPACT);
    /* "$${" in a plan is a literal "${". */
    assert_non_null(strstr(json, "$${x-y:z}"));
    for (char *at = strstr(json, "$${"); at != NULL; at = strstr(at, "$${")) {
        memmove(at, at + 1, strlen(at));
    }
    assert_non_null(strstr(calls, json));
    free(json);
    free(calls);
    free(calls_path);
    free(pwned);
    clean(directory, path);
    plan_free(plan);
}

static void what_a_step_makes_is_passed_on_and_polled(void **state)
{
    (void)state;
    struct plan_step *first =
        step_sending("create-key", "kms:CreateKey", json_pack("{s:b}", "M", 1));
    step_capture(first, "arn", "KeyMetadata.Arn");
    step_poll(first, call_to("kms:DescribeKey", json_pack("{s:s}", "KeyId", "${create-key:arn}")),
              cond_text("KeyState", "Enabled"), NULL, 1, 5, NULL);
    struct plan_step *second = step_sending(
        "name-key", "kms:CreateAlias", json_pack("{s:s}", "TargetKeyId", "x ${create-key:arn} y"));
    replace(&second->send->role, "Role");
    struct plan *plan = plan_of(first, second);
    char *directory = NULL;
    char *path = script_in(plan, &directory);
    put_fake_cli(directory);
    assert_int_equal(bash(directory, "-u", path), 0);
    char *calls_path = xasprintf("%s/calls", directory);
    char *calls = read_all(calls_path);
    assert_non_null(strstr(calls, "{\"KeyId\":\"arn:made\"}"));
    assert_non_null(strstr(calls, "{\"TargetKeyId\":\"x arn:made y\"}"));
    assert_non_null(strstr(calls, "arn:aws:iam::" MGMT ":role/Role"));
    assert_non_null(strstr(calls, "as key")); /* the role's credentials, for that call */
    free(calls);
    free(calls_path);
    clean(directory, path);
    plan_free(plan);
}

static void credentials_of_another_account_stop_the_script(void **state)
{
    (void)state;
    struct plan *plan = plan_of(NULL, NULL);
    replace(&plan->management_account, PROD);
    char *directory = NULL;
    char *path = script_in(plan, &directory);
    put_fake_cli(directory);
    assert_int_equal(bash(directory, "-u", path), 1);
    clean(directory, path);
    plan_free(plan);
}

/* --- policies --- */

/* Answers with what the file "answer" holds, and notes what would change something. */
static void put_answering_cli(const char *directory, const json_t *answer)
{
    static const char fake[] = "#!/bin/bash\n"
                               "case \"$1 $2\" in\n"
                               "'sts get-caller-identity') echo " MGMT ";;\n"
                               "*' get-key-policy') cat answer;;\n"
                               "*) printf '%s\\n' \"$@\" >>calls;;\n"
                               "esac\n";
    static const char *const names[] = {"aws", "answer"};
    char *json = jx_dump(answer);
    const char *const contents[] = {fake, json};
    for (size_t i = 0; i < 2; i++) {
        char *path = xasprintf("%s/%s", directory, names[i]);
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        (void)fputs(contents[i], out);
        assert_int_equal(fclose(out), 0);
        assert_int_equal(chmod(path, 0700), 0);
        free(path);
    }
    free(json);
}

static struct plan_step *step_guarded_by(json_t *when)
{
    struct plan_step *step = step_sending("put-key-policy/x", "kms:PutKeyPolicy", json_object());
    step_precondition(
        step, probe_says(probe_new(call_to("kms:GetKeyPolicy", NULL), json_incref(when), false),
                         "somebody changed it"));
    return step;
}

#define STATEMENT(rest)                                                                            \
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"kms:Decrypt\","  \
    "\"Resource\":\"*\"" rest "}}"
#define BY(principal) STATEMENT(",\"Principal\":" principal)
#define IF(condition) STATEMENT(",\"Principal\":\"*\",\"Condition\":" condition)

/* Two spellings each; whether they mean the same is for condition_holds() to say. */
static const char *const spellings[][2] = {
    {BY("\"*\""), BY("{\"AWS\":\"*\"}")},
    {BY("\"*\""), BY("{\"AWS\":[\"*\"]}")},
    {BY("{\"AWS\":\"" MGMT "\"}"), BY("{\"AWS\":\"arn:aws:iam::" MGMT ":root\"}")},
    {BY("{\"AWS\":\"" MGMT "\"}"), BY("{\"AWS\":\"arn:aws:iam::" PROD ":root\"}")},
    {BY("{\"AWS\":[\"" PROD "\",\"" MGMT "\"]}"), BY("{\"AWS\":[\"" MGMT "\",\"" PROD "\"]}")},
    {BY("{\"Service\":\"backup.amazonaws.com\"}"), BY("{\"AWS\":\"backup.amazonaws.com\"}")},
    {STATEMENT(""),
     "{\"Statement\":[{\"Sid\":\"other\",\"Effect\":\"Allow\",\"Action\":[\"KMS:decrypt\"],"
     "\"Resource\":[\"*\"]}]}"},
    {STATEMENT(""),
     "{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":[\"kms:Decrypt\"],\"Resource\":[\"*\"]}]}"},
    {STATEMENT(""),
     "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"kms:Decrypt\",\"kms:Encrypt\"],"
     "\"Resource\":[\"*\"]}]}"},
    {STATEMENT(""), "{\"Statement\":[{\"Effect\":\"Allow\",\"NotAction\":[\"kms:Decrypt\"],"
                    "\"Resource\":[\"*\"]}]}"},
    {STATEMENT(""), STATEMENT(",\"Condition\":{}")},
    {IF("{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}}"),
     IF("{\"stringequals\":{\"AWS:principalorgid\":[\"o-1\"]}}")},
    {IF("{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}}"),
     IF("{\"StringEquals\":{\"aws:PrincipalOrgID\":\"O-1\"}}")},
    {IF("{\"Bool\":{\"aws:SecureTransport\":true}}"),
     IF("{\"Bool\":{\"aws:SecureTransport\":\"true\"}}")},
    {IF("{\"Bool\":{\"aws:SecureTransport\":true}}"), STATEMENT("")},
    {STATEMENT(",\"Sid\":\"it's \\\"q\\\" \\\\( $(touch pwned) `touch pwned`\""), STATEMENT("")},
    {"no policy", "no policy"},
    {"no policy", "another"},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"},
};

static void a_script_compares_policies_as_the_program_does(void **state)
{
    (void)state;
    size_t equal = 0;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        json_t *when =
            json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "any", "path", "Policy", "equals",
                      "nothing of the kind", "path", "Policy", "equals_json", spellings[i][0]);
        json_t *answer = json_pack("{s:s}", "Policy", spellings[i][1]);
        struct plan *plan = plan_of(step_guarded_by(when), NULL);
        char *directory = NULL;
        char *path = script_in(plan, &directory);
        put_answering_cli(directory, answer);
        bool same = condition_holds(when, answer);
        if (bash(directory, "-u", path) != (same ? 0 : 1)) {
            fail_msg("%s and %s: the program says %s", spellings[i][0], spellings[i][1],
                     same ? "equal" : "different");
        }
        char *calls = xasprintf("%s/calls", directory);
        char *pwned = xasprintf("%s/pwned", directory);
        assert_int_equal(file_exists(calls), same);
        assert_false(file_exists(pwned));
        equal += same ? 1 : 0;
        free(calls);
        free(pwned);
        clean(directory, path);
        plan_free(plan);
        json_decref(answer);
        json_decref(when);
    }
    assert_in_range(equal, 8, sizeof spellings / sizeof *spellings - 6);
}

static void a_script_without_policies_asks_for_no_jq(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-10", "cancel-key-deletion", "key", "us-east-1");
    char *directory = NULL;
    char *path = script_in(estate_made(e), &directory);
    char *script = read_all(path);
    assert_null(strstr(script, "jq"));
    free(script);
    clean(directory, path);
}

static void a_script_that_compares_policies_stops_first_where_there_is_no_jq(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "VLT-05", "put-vault-policy", "vault",
                CENTRAL "/" AWAY "/aws-controltower-central-backupvault-1");
    char *directory = NULL;
    char *path = script_in(estate_made(e), &directory);
    char *script = read_all(path);
    char *check = strstr(script, "\ncommand -v jq >/dev/null || stop ");
    assert_non_null(check);
    assert_true(check < strstr(script, "aws sts get-caller-identity"));
    assert_non_null(strstr(script, "\nif ! jq_holds false "));
    assert_non_null(strstr(script, "\nif jq_holds false "));
    assert_non_null(strstr(script, "with " CENTRAL " AWSControlTowerExecution aws backup "
                                   "put-backup-vault-access-policy "));
    free(script);
    clean(directory, path);
}

static void a_condition_that_no_script_can_evaluate_makes_no_script(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *written = NULL;
    size_t length = 0;
    json_t *when = json_pack("{s:s,s:s}", "path", "version", "at_least", "3.10");
    struct plan *plan = plan_of(step_guarded_by(when), NULL);
    FILE *out = open_memstream(&written, &length);
    assert_int_equal(plan_emit_aws_cli(plan, out, &err), -1);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(length, 0);
    assert_string_equal(err.text, "step put-key-policy/x has a condition that a script cannot "
                                  "evaluate: use towerkeep apply");
    free(written);
    plan_free(plan);
    json_decref(when);
}

static void shellcheck_has_nothing_to_say_of_a_script(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "VLT-05", "put-vault-policy", "vault",
                CENTRAL "/" AWAY "/aws-controltower-central-backupvault-1");
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "TAG-03", "tag-resource", "resource",
                PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-1");
    char *directory = NULL;
    char *path = script_in(estate_made(e), &directory);
    char *checker = xasprintf("%s/check.sh", directory);
    FILE *out = fopen(checker, "w");
    assert_non_null(out);
    (void)fprintf(out, "shellcheck '%s' >&2\n", path);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(bash(directory, "-u", checker), 0);
    (void)unlink(checker);
    free(checker);
    clean(directory, path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, estate_open, estate_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_script_of_a_repair_is_as_reviewed),
        cmocka_unit_test(commands_are_named_as_the_cli_names_them),
        cmocka_unit_test(hostile_strings_reach_the_cli_unharmed),
        cmocka_unit_test(what_a_step_makes_is_passed_on_and_polled),
        cmocka_unit_test(credentials_of_another_account_stop_the_script),
        cmocka_unit_test(a_script_compares_policies_as_the_program_does),
        CASE(a_script_without_policies_asks_for_no_jq),
        CASE(a_script_that_compares_policies_stops_first_where_there_is_no_jq),
        cmocka_unit_test(a_condition_that_no_script_can_evaluate_makes_no_script),
        CASE(shellcheck_has_nothing_to_say_of_a_script),
    };
    return cmocka_run_group_tests_name("plan/emit", tests, NULL, NULL);
}
