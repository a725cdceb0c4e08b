#include "model/policy.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "statement.h"

#define POLICY_BYTES_MAX ((size_t)1024 * 1024)

/* The actions that AWS Backup and Control Tower need on the key, for every principal of the
 * organization. */
static const char *const organization_actions[][2] = {
    {"kms:Decrypt", "kms:decrypt"},
    {"kms:DescribeKey", "kms:describekey"},
    {"kms:GenerateDataKey*", "kms:generatedatakey*"},
    {"kms:Encrypt", "kms:encrypt"},
    {"kms:ReEncrypt*", "kms:reencrypt*"},
    {"kms:GetKeyPolicy", "kms:getkeypolicy"},
    {"kms:CreateGrant", "kms:creategrant"},
    {"kms:ListGrants", "kms:listgrants"},
    {"kms:RevokeGrant", "kms:revokegrant"}};

#define ORGANIZATION_ACTION_COUNT (sizeof organization_actions / sizeof organization_actions[0])

/* Gives equal bytes for equivalent policies; false when the text is not a policy. */
static bool policy_canonical(const char *text, struct text *out)
{
    json_t *statements = statements_parse(text);
    if (statements == NULL) {
        return false;
    }
    json_t *sorted = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        struct text one;
        text_init(&one, POLICY_BYTES_MAX);
        jx_canonical(json_array_get(statements, i), &one);
        list_add_once(sorted, text_str(&one));
        text_release(&one);
    }
    for (size_t i = 0; i < json_array_size(sorted); i++) {
        text_add(out, json_string_value(json_array_get(sorted, i)));
        text_addc(out, '\n');
    }
    json_decref(sorted);
    json_decref(statements);
    return !text_failed(out);
}

bool policy_equal(const char *a, const char *b)
{
    struct text first, second;
    text_init(&first, POLICY_BYTES_MAX);
    text_init(&second, POLICY_BYTES_MAX);
    bool equal = policy_canonical(a, &first) && policy_canonical(b, &second) &&
                 strcmp(text_str(&first), text_str(&second)) == 0;
    text_release(&first);
    text_release(&second);
    return equal;
}

static bool is_management_root(const json_t *statement, const struct policy_frame *frame,
                               const char *text)
{
    char *account = xasprintf("AWS:%s", frame->management_account);
    /* Normalizing drops the partition of a root's ARN, and a wrong one is a known way to break a
     * key. */
    char *arn = xasprintf("arn:%s:iam::%s:root", frame->partition, frame->management_account);
    char *id = xasprintf("\"%s\"", frame->management_account);
    bool is = statement_allows(statement) && statement_has_principal(statement, account) &&
              statement_covers_action(statement, "kms:*") &&
              (statement_covers_all_resources(statement) ||
               jx_list_has(json_object_get(statement, "Resource"), frame->resource)) &&
              json_object_get(statement, "Condition") == NULL &&
              (strstr(text, arn) != NULL || strstr(text, id) != NULL);
    free(account);
    free(arn);
    free(id);
    return is;
}

/* What the Allow statements that are not open to everyone give the roles of AWS Backup in the
   organization. */
struct sharing {
    json_t *statements;
    const struct policy_frame *frame;
    bool lacks[ORGANIZATION_ACTION_COUNT];
};

static void note_lacks(void *context, const struct caller *caller)
{
    struct sharing *sharing = context;
    for (size_t i = 0; i < ORGANIZATION_ACTION_COUNT; i++) {
        bool has = false;
        for (size_t k = 0; k < json_array_size(sharing->statements) && !has; k++) {
            const json_t *s = json_array_get(sharing->statements, k);
            has = statement_applies(s, sharing->frame, caller, organization_actions[i][1]) ==
                  HOLDS_YES;
        }
        sharing->lacks[i] = sharing->lacks[i] || !has;
    }
}

json_t *key_policy_describe(const char *text, const struct policy_frame *frame)
{
    json_t *statements = statements_parse(text);
    json_t *missing = json_array();
    struct sharing sharing = {json_array(), frame, {false}};
    bool root = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        json_t *s = json_array_get(statements, i);
        root = root || is_management_root(s, frame, text);
        if (statement_allows(s) && !statement_is_open(s, statements, frame)) {
            (void)json_array_append(sharing.statements, s);
        }
    }
    each_backup_role(statements, frame, note_lacks, &sharing);
    for (size_t i = 0; i < ORGANIZATION_ACTION_COUNT; i++) {
        if (sharing.lacks[i]) {
            list_add_once(missing, organization_actions[i][0]);
        }
    }
    bool shared = json_array_size(missing) < ORGANIZATION_ACTION_COUNT;
    json_t *out =
        json_pack("{s:b,s:b,s:b,s:b,s:o}", "present", text != NULL, "valid", statements != NULL,
                  "management_root", root, "org_statement", shared, "missing_actions", missing);
    policy_strangers(statements, frame, "unconditional_star", out);
    key_policy_faults(statements, frame, out);
    json_decref(sharing.statements);
    json_decref(statements);
    return out;
}

struct using
{
    const json_t *statements;
    const struct policy_frame *frame;
    bool may;
};

static void note_use(void *context, const struct caller *caller)
{
    static const char *const wanted[] = {"kms:describekey", "kms:decrypt", "kms:creategrant"};
    struct using *use = context;
    use->may = true;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bool has = false;
        for (size_t k = 0; k < json_array_size(use->statements) && !has; k++) {
            const json_t *s = json_array_get(use->statements, k);
            has = statement_allows(s) &&
                  statement_applies(s, use->frame, caller, wanted[i]) == HOLDS_YES;
        }
        use->may = use->may && has;
    }
}

bool key_policy_shares(const char *text, const struct policy_frame *frame, const char *account)
{
    json_t *statements = statements_parse(text);
    struct using use = {statements, frame, false};
    backup_role_of(frame, account, note_use, &use);
    json_decref(statements);
    return use.may;
}

char *key_policy_plain(const char *text, const char *arn)
{
    char *quoted = arn != NULL ? xasprintf("\"%s\"", arn) : NULL;
    struct text out;
    text_init(&out, POLICY_BYTES_MAX);
    for (const char *at = text; quoted != NULL && (at = strstr(text, quoted)) != NULL;) {
        text_addn(&out, text, (size_t)(at - text));
        text_add(&out, "\"*\"");
        text = at + strlen(quoted);
    }
    text_add(&out, text);
    char *plain = xstrdup(text_str(&out));
    text_release(&out);
    free(quoted);
    return plain;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* IAM sends policies percent-encoded; plain policy text begins with a brace. */
static char *decoded(const char *text)
{
    size_t used = 0;
    char *out = xstrdup(text);
    for (const char *at = text; *text != '{' && *at != '\0'; at++) {
        int high = *at == '%' ? hex_digit(at[1]) : -1;
        int low = high >= 0 ? hex_digit(at[2]) : -1;
        out[used++] = low >= 0 ? (char)(high * 16 + low) : *at;
        at += low >= 0 ? 2 : 0;
        out[used] = '\0';
    }
    return out;
}

bool role_trusts(const char *text, const char *service)
{
    char *plain = decoded(text != NULL ? text : "");
    char *principal = xasprintf("Service:%s", service);
    json_t *statements = statements_parse(plain);
    bool trusts = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        trusts = trusts || (statement_allows(s) && statement_has_principal(s, principal) &&
                            statement_covers_action(s, "sts:assumerole"));
    }
    json_decref(statements);
    free(principal);
    free(plain);
    return trusts;
}

/* --- vaults --- */

#define REFUSED_SHOWN 20

static const char copy[] = "backup:copyintobackupvault";

struct copying {
    const json_t *statements;
    const struct policy_frame *frame;
    json_t *refused; /* accounts whose copies the Allow statements do not let in */
    bool anyone, all;
};

static void note_copying(void *context, const struct caller *caller)
{
    struct copying *c = context;
    bool may = false;
    for (size_t i = 0; i < json_array_size(c->statements) && !may; i++) {
        const json_t *s = json_array_get(c->statements, i);
        may = statement_allows(s) && statement_applies(s, c->frame, caller, copy) == HOLDS_YES;
    }
    c->anyone = c->anyone || may;
    c->all = c->all && may;
    if (!may && str_is_account_id(caller->account) && json_array_size(c->refused) < REFUSED_SHOWN) {
        list_add_once(c->refused, caller->account);
    }
}

json_t *vault_policy_describe(const char *text, const struct policy_frame *frame)
{
    static const char *const needed[] = {copy, NULL};
    json_t *statements = statements_parse(text);
    struct copying copying = {statements, frame, json_array(), false, true};
    each_backup_role(statements, frame, note_copying, &copying);
    json_t *out = json_pack("{s:b,s:b}", "present", text != NULL, "valid", statements != NULL);
    policy_denials(statements, frame, needed, out);
    bool allows = copying.all && copying.anyone && jx_count(out, "denies") == 0;
    (void)json_object_set_new(out, "allows_org_copy", json_boolean(allows));
    (void)json_object_set_new(out, "refused_accounts", copying.refused);
    policy_strangers(statements, frame, "open_to_all", out);
    policy_narrowed(statements, frame, needed, out);
    json_decref(statements);
    return out;
}

/* --- vaults that copies are made from --- */

struct own { /* the members of `frame` that are one account */
    const struct policy_frame *frame;
    const char *account;
    void (*each)(void *to, const char *id, const char *path);
    void *to;
};

static void pick_own(void *to, const char *id, const char *path)
{
    const struct own *own = to;
    if (strcmp(id, own->account) == 0) {
        own->each(own->to, id, path);
    }
}

static void each_own(void *context, void (*each)(void *to, const char *id, const char *path),
                     void *to)
{
    struct own own = *(const struct own *)context;
    own.each = each;
    own.to = to;
    own.frame->each_member(own.frame->context, pick_own, &own);
}

static bool own_is_member(void *context, const char *id)
{
    const struct own *own = context;
    return own->frame->is_member == NULL || own->frame->is_member(own->frame->context, id);
}

json_t *vault_policy_denies_copies(const char *text, const struct policy_frame *frame,
                                   const char *account)
{
    static const char *const needed[] = {"backup:copyfrombackupvault", NULL};
    struct own own = {.frame = frame, .account = account};
    struct policy_frame narrowed = *frame;
    json_t *statements = statements_parse(text);
    json_t *out = json_object();
    narrowed.is_member = own_is_member;
    narrowed.each_member = frame->each_member != NULL ? each_own : NULL;
    narrowed.context = &own;
    policy_denials(statements, &narrowed, needed, out);
    json_decref(statements);
    return out;
}
