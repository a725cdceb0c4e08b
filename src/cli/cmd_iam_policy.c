/* iam-policy: the permissions each command needs, as narrow as AWS lets them be. No network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/iam_policy.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "options.h"
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
#define COMMAND_COUNT_OF_POLICIES (sizeof commands / sizeof *commands)

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

enum { ROLE_BOTH = -1, ROLE_MANAGEMENT, ROLE_MEMBER }; /* of options.policy_role */
enum { FORMAT_JSON, FORMAT_CLOUDFORMATION };           /* of options.policy_format */

static unsigned command_bit(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT_OF_POLICIES; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].bit;
        }
    }
    usage_fail("invalid argument \"%s\": expected scan, fix, enable or teardown", name);
}

static void check_request(const struct options *o)
{
    if (o->policy_format == FORMAT_CLOUDFORMATION && o->policy_role == ROLE_BOTH) {
        usage_fail("a template holds one role: add --role management or --role member");
    }
    if (o->policy_format == FORMAT_CLOUDFORMATION &&
        (o->policy_account != NULL || o->policy_partition != NULL || o->assumed.count > 0)) {
        usage_fail("--account, --partition and --assume are parameters of the template: "
                   "omit them");
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

static json_t *policies_of(const struct options *o, const struct iam_use *uses, size_t count,
                           enum iam_side side)
{
    static const char *const usual[] = {"AWSControlTowerExecution", "OrganizationAccountAccessRole",
                                        NULL};
    const char *const *assumed = words_list(&o->assumed);
    struct iam_frame frame = {o->policy_partition != NULL ? o->policy_partition : "aws",
                              o->policy_account != NULL ? o->policy_account : "*",
                              assumed != NULL ? assumed : usual};
    return iam_policies(uses, count, side, &frame);
}

/* One policy is printed as it is, ready for `aws iam create-policy`; several as a list. */
static json_t *unwrap(json_t *taken)
{
    json_t *only = json_array_size(taken) == 1 ? json_incref(json_array_get(taken, 0)) : NULL;
    if (only == NULL) {
        return taken;
    }
    json_decref(taken);
    return only;
}

static void print_json(const struct options *o, const struct iam_use *uses, size_t count)
{
    json_t *answer = NULL;
    if (o->policy_role != ROLE_BOTH) {
        enum iam_side side = o->policy_role == ROLE_MANAGEMENT ? IAM_MANAGEMENT : IAM_MEMBER;
        answer = unwrap(policies_of(o, uses, count, side));
    } else {
        answer = json_pack("{s:o, s:o}", "management", policies_of(o, uses, count, IAM_MANAGEMENT),
                           "member", policies_of(o, uses, count, IAM_MEMBER));
    }
    (void)jx_write(answer, stdout, JSON_INDENT(2));
    puts("");
    json_decref(answer);
}

/* Control Tower's own controls let nobody but AWSControlTowerExecution change central vaults. */
static void print_template(const struct options *o, unsigned bit, const struct iam_use *uses,
                           size_t count)
{
    struct text out;
    text_init(&out, 256 * 1024);
    iam_template(uses, count,
                 o->policy_role == ROLE_MANAGEMENT ? IAM_TEMPLATE_MANAGEMENT : IAM_TEMPLATE_MEMBER,
                 o->arguments.items[0], bit == SCAN ? NULL : "AWSControlTowerExecution", &out);
    fputs(text_str(&out), stdout);
    text_release(&out);
}

int cmd_iam_policy(struct options *o)
{
    struct iam_use uses[USES_MAX];
    struct words kept = {0};
    unsigned bit = command_bit(o->arguments.items[0]);
    check_request(o);
    size_t count = gather(bit, uses, &kept);
    if (o->policy_format == FORMAT_CLOUDFORMATION) {
        print_template(o, bit, uses, count);
    } else {
        print_json(o, uses, count);
    }
    words_release(&kept);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_OK : EXIT_INTERNAL;
}
