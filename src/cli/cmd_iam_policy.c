/* iam-policy: the permissions each command needs, as narrow as AWS lets them be. No network. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/iam_policy.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "cli.h"
#include "plan/make.h"

#define SCAN 1U
#define FIX 2U
#define ENABLE 4U
#define TEARDOWN 8U
#define BOTH ((unsigned)IAM_MANAGEMENT | (unsigned)IAM_MEMBER)
#define SELF ((unsigned)IAM_MANAGEMENT)
#define THERE ((unsigned)IAM_MEMBER)

#define USES_MAX 160

static const struct {
    const char *name;
    unsigned bit;
} commands[] = {{"scan", SCAN}, {"fix", FIX}, {"enable", ENABLE}, {"teardown", TEARDOWN}};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

/* What the remedies send and the reads that surround it, besides what every scan asks; also what a
   scan only asks on behalf of one of them. */
static const struct {
    const char *operation;
    unsigned sides, commands;
} remedies[] = {
    {"backup:ListReportPlans", THERE, SCAN | FIX | ENABLE | TEARDOWN},
    {"account:ListRegions", SELF, FIX | ENABLE | TEARDOWN},
    {"iam:SimulatePrincipalPolicy", SELF, FIX | ENABLE | TEARDOWN},
    {"organizations:CreateAccount", SELF, FIX | ENABLE},
    {"organizations:DescribeCreateAccountStatus", SELF, FIX | ENABLE},
    {"organizations:ListCreateAccountStatus", SELF, FIX | ENABLE},
    {"organizations:ListParents", SELF, FIX | ENABLE},
    {"organizations:MoveAccount", SELF, FIX | ENABLE},
    {"organizations:EnableAWSServiceAccess", SELF, FIX | ENABLE},
    {"organizations:RegisterDelegatedAdministrator", SELF, FIX | ENABLE},
    {"organizations:PutResourcePolicy", SELF, FIX | ENABLE | TEARDOWN},
    {"organizations:DeleteResourcePolicy", SELF, TEARDOWN},
    {"iam:CreateServiceLinkedRole", SELF, FIX | ENABLE},
    {"organizations:EnablePolicyType", SELF, FIX | ENABLE},
    {"organizations:CreatePolicy", SELF, FIX | ENABLE},
    {"organizations:AttachPolicy", SELF, FIX | ENABLE},
    {"organizations:DeregisterDelegatedAdministrator", SELF, TEARDOWN},
    {"organizations:DisableAWSServiceAccess", SELF, TEARDOWN},
    {"organizations:DescribeAccount", SELF, TEARDOWN},
    {"organizations:CloseAccount", SELF, TEARDOWN},
    {"kms:ListAliases", SELF, FIX | ENABLE},
    {"kms:CreateKey", SELF, FIX | ENABLE},
    {"kms:CreateAlias", SELF, FIX | ENABLE},
    {"kms:UpdateAlias", SELF, FIX | ENABLE},
    {"kms:EnableKeyRotation", SELF, FIX | ENABLE},
    {"kms:ReplicateKey", SELF, FIX | ENABLE},
    {"kms:PutKeyPolicy", SELF, FIX | ENABLE},
    {"kms:EnableKey", SELF, FIX | ENABLE},
    {"kms:CancelKeyDeletion", SELF, FIX | ENABLE},
    {"kms:UpdatePrimaryRegion", SELF, FIX},
    {"kms:ScheduleKeyDeletion", SELF, TEARDOWN},
    {"controltower:UpdateLandingZone", SELF, FIX | ENABLE | TEARDOWN},
    {"controltower:ResetLandingZone", SELF, FIX | ENABLE},
    {"controltower:EnableBaseline", SELF, FIX | ENABLE},
    {"controltower:UpdateEnabledBaseline", SELF, FIX | ENABLE},
    {"controltower:ResetEnabledBaseline", SELF, FIX | ENABLE},
    {"controltower:DisableBaseline", SELF, TEARDOWN},
    {"backup:UpdateGlobalSettings", SELF, FIX | ENABLE | TEARDOWN},
    {"backup:UpdateRegionSettings", BOTH, FIX | ENABLE},
    {"backup:PutBackupVaultAccessPolicy", THERE, FIX | ENABLE},
    {"backup:ListRecoveryPointsByBackupVault", THERE, SCAN | FIX | ENABLE | TEARDOWN},
    {"backup:DescribeBackupVault", THERE, TEARDOWN},
    {"backup:DescribeRecoveryPoint", THERE, TEARDOWN},
    {"backup:DeleteRecoveryPoint", THERE, TEARDOWN},
    {"tagging:TagResources", BOTH, FIX | ENABLE},
    {"tagging:UntagResources", BOTH, FIX | ENABLE},
};

enum format { FORMAT_JSON, FORMAT_CLOUDFORMATION };
static const struct word {
    const char *name;
    int value;
} formats[] = {{"json", FORMAT_JSON}, {"cloudformation", FORMAT_CLOUDFORMATION}},
  roles[] = {{"management", IAM_MANAGEMENT}, {"member", IAM_MEMBER}};

struct wish {
    const char *command, *account, *partition;
    unsigned bit;
    int role; /* 0: both */
    int format;
    struct words assumed;
};

static const struct argp_option options[] = {
    {"role", 'R', "management|member", 0, "Whose permissions (default: both, in one object)", 0},
    {"format", 'f', "json|cloudformation", 0, "Policies, or a template with role and policies", 0},
    {"account", 'a', "ID", 0, "Account the policy is for (default: * in the ARNs)", 0},
    {"partition", 'P', "NAME", 0, "aws, aws-us-gov, aws-cn, aws-eusc (default: aws)", 0},
    {"assume", 'A', "NAME[,...]", 0,
     "Role names that management credentials may assume in member accounts (default: "
     "AWSControlTowerExecution,OrganizationAccountAccessRole)",
     0},
    {0},
};

static int word_value(const struct word words[2], const char *what, const char *value)
{
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(words[i].name, value) == 0) {
            return words[i].value;
        }
    }
    usage_fail("--%s \"%s\": %s or %s was expected", what, value, words[0].name, words[1].name);
    return 0;
}

/* What goes into an ARN as it is. */
static bool plain(const char *s, const char *more)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    for (; *s != '\0'; s++) {
        if (strchr(letters, *s) == NULL && strchr(more, *s) == NULL) {
            return false;
        }
    }
    return true;
}

static void take_command(struct wish *r, const char *value)
{
    if (r->command) {
        usage_fail("one command at a time");
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, value) == 0) {
            r->command = value;
            r->bit = commands[i].bit;
            return;
        }
    }
    usage_fail("\"%s\" is none of scan, fix, enable, teardown", value);
}

static void check_request(struct wish *r)
{
    if (r->format == FORMAT_CLOUDFORMATION && r->role == 0) {
        usage_fail("a template holds one role: say --role management or --role member");
    }
    if (r->format == FORMAT_CLOUDFORMATION &&
        (r->account || r->partition || r->assumed.count > 0)) {
        usage_fail("--account, --partition and --assume are parameters of the template: "
                   "leave them out");
    }
    for (size_t i = 0; i < r->assumed.count; i++) {
        if (!plain(r->assumed.items[i], "+=.@_/")) {
            usage_fail("--assume %s: that is no name of a role", r->assumed.items[i]);
        }
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct wish *r = state->input;
    switch (key) {
    case 'R':
        r->role = word_value(roles, "role", value);
        return 0;
    case 'f':
        r->format = word_value(formats, "format", value);
        return 0;
    case 'a':
        if (!str_is_account_id(value)) {
            usage_fail("--account %s: twelve digits were expected", value);
        }
        r->account = value;
        return 0;
    case 'P':
        if (strncmp(value, "aws", 3) != 0 || !plain(value, "")) {
            usage_fail("--partition %s: that is no partition of AWS", value);
        }
        r->partition = value;
        return 0;
    case 'A':
        words_add(&r->assumed, value);
        return 0;
    case ARGP_KEY_ARG:
        take_command(r, value);
        return 0;
    case ARGP_KEY_NO_ARGS:
        usage_fail("for which command? scan, fix, enable or teardown");
        return 0;
    case ARGP_KEY_END:
        check_request(r);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool placed(const char *operation)
{
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (strcmp(remedies[i].operation, operation) == 0) {
            return true;
        }
    }
    return false;
}

/* What a remedy of the catalogue sends and the table does not place: too much is asked for rather
   than too little. The names live in `kept`. */
static size_t gather_unplaced(struct iam_use uses[USES_MAX], size_t count, struct words *kept)
{
    const struct remedy_info *remedy = NULL;
    for (size_t i = 0; (remedy = remedy_at(i)) != NULL; i++) {
        for (const char *at = remedy->operations ? remedy->operations : ""; *at != '\0';) {
            size_t length = strcspn(at, " ");
            char *name = xstrndup(at, length);
            if (!placed(name) && count < USES_MAX) {
                words_add(kept, name);
                uses[count++] = (struct iam_use){kept->items[kept->count - 1], BOTH};
            }
            free(name);
            at += length;
            at += strspn(at, " ");
        }
    }
    return count;
}

/* Every command begins and ends with a scan. */
static size_t gather(unsigned bit, struct iam_use uses[USES_MAX], struct words *kept)
{
    size_t count = 0;
    for (const char *const *name = collect_operations(); *name && count < USES_MAX; name++) {
        if (!placed(*name)) {
            uses[count++] = (struct iam_use){*name, collect_asks_members(*name) ? BOTH : SELF};
        }
    }
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies && count < USES_MAX; i++) {
        if (remedies[i].commands & bit) {
            uses[count++] = (struct iam_use){remedies[i].operation, remedies[i].sides};
        }
    }
    return bit == SCAN ? count : gather_unplaced(uses, count, kept);
}

static json_t *policies_of(const struct wish *r, const struct iam_use *uses, size_t count,
                           enum iam_side side)
{
    static const char *const usual[] = {"AWSControlTowerExecution", "OrganizationAccountAccessRole",
                                        NULL};
    const char *const *assumed = words_list(&r->assumed);
    struct iam_frame frame = {r->partition ? r->partition : "aws", r->account ? r->account : "*",
                              assumed ? assumed : usual};
    return iam_policies(uses, count, side, &frame);
}

/* One policy is printed as it is, ready for `aws iam create-policy`; several as a list. */
static json_t *unwrap(json_t *taken)
{
    json_t *only = json_array_size(taken) == 1 ? json_incref(json_array_get(taken, 0)) : NULL;
    if (!only) {
        return taken;
    }
    json_decref(taken);
    return only;
}

static void print_json(const struct wish *r, const struct iam_use *uses, size_t count)
{
    json_t *answer;
    if (r->role != 0) {
        answer = unwrap(policies_of(r, uses, count, (enum iam_side)r->role));
    } else {
        answer = json_pack("{s:o, s:o}", "management", policies_of(r, uses, count, IAM_MANAGEMENT),
                           "member", policies_of(r, uses, count, IAM_MEMBER));
    }
    (void)jx_write(answer, stdout, JSON_INDENT(2));
    puts("");
    json_decref(answer);
}

/* Control Tower's own controls let nobody but AWSControlTowerExecution change central vaults. */
static void print_template(const struct wish *r, const struct iam_use *uses, size_t count)
{
    struct text out;
    text_init(&out, 256 * 1024);
    iam_template(uses, count,
                 r->role == IAM_MANAGEMENT ? IAM_TEMPLATE_MANAGEMENT : IAM_TEMPLATE_MEMBER,
                 r->command, r->bit == SCAN ? NULL : "AWSControlTowerExecution", &out);
    fputs(text_str(&out), stdout);
    text_release(&out);
}

int cmd_iam_policy(int argc, char **argv)
{
    static const char doc[] =
        "Prints the IAM permissions that a command needs: for the credentials of the management "
        "account, and for the role it takes in member accounts. They are derived from the "
        "operations the command sends. No network is used.";
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "scan|fix|enable|teardown", .doc = doc};
    char name[] = "towerkeep iam-policy";
    struct wish r = {0};
    struct iam_use uses[USES_MAX];
    struct words kept = {0};
    argv[0] = name;
    arguments_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &r);
    size_t count = gather(r.bit, uses, &kept);
    if (r.format == FORMAT_CLOUDFORMATION) {
        print_template(&r, uses, count);
    } else {
        print_json(&r, uses, count);
    }
    words_release(&kept);
    words_release(&r.assumed);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_OK : EXIT_INTERNAL;
}
