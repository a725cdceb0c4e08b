/* Who may call: the roles of AWS Backup in the organization, and those outside that a policy names. */
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/arn.h"
#include "statement.h"

/* Stand for an account or organization that no policy names: an id has no such letter. */
#define UNNAMED_MEMBER "@member"
#define UNNAMED_STRANGER "@stranger"
#define UNNAMED_ORGANIZATION "@organization"

static const char *const backup_roles[CALLER_ARNS] = {
    "role/aws-controltower-BackupRole", "role/aws-controltower-backup-role",
    "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"};

/* --- words of a policy --- */

/* Calls `each` for each value of conditions, and for each principal. */
static void each_word(const json_t *statements, void (*each)(void *to, const char *word), void *to)
{
    static const char *const lists[] = {"Principal", "NotPrincipal"};
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        const char *test = NULL, *key = NULL;
        json_t *keys = NULL, *values = NULL;
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            const json_t *list = json_object_get(s, lists[k]);
            for (size_t j = 0; j < json_array_size(list); j++) {
                each(to, json_string_value(json_array_get(list, j)));
            }
        }
        json_object_foreach(json_object_get(s, "Condition"), test, keys)
        {
            json_object_foreach(keys, key, values)
            {
                for (size_t j = 0; j < json_array_size(values); j++) {
                    each(to, json_string_value(json_array_get(values, j)));
                }
            }
        }
    }
}

/* Account ids in a word: runs of exactly twelve digits. */
static void add_accounts(void *to, const char *word)
{
    static const char digits[] = "0123456789";
    for (const char *at = strpbrk(word, digits); at != NULL; at = strpbrk(at, digits)) {
        size_t length = strspn(at, digits);
        if (length == 12) {
            char id[13];
            memcpy(id, at, 12);
            id[12] = '\0';
            list_add_once(to, id);
        }
        at += length;
    }
}

/* "o-abc" of "o-abc" and "o-abc/r-1/". */
static void add_organizations(void *to, const char *word)
{
    size_t length = strcspn(word, "/");
    if (str_starts(word, "o-") && strcspn(word, "*?") >= length) {
        char *id = xstrndup(word, length);
        list_add_once(to, id);
        free(id);
    }
}

static void add_services(void *to, const char *word)
{
    if (str_starts(word, "Service:")) {
        list_add_once(to, word + strlen("Service:"));
    }
}

/* A word that may tell accounts apart: of an OU, or with a pattern in an account id. */
static void note_unit_or_pattern(void *to, const char *word)
{
    bool *found = to;
    bool pattern = !str_starts(word, "o-") && strpbrk(word, "*?") != NULL &&
                   strpbrk(word, "0123456789") != NULL;
    *found = *found || pattern || strstr(word, "ou-") != NULL;
}

/* --- roles of AWS Backup --- */

struct asking {
    const struct policy_frame *frame;
    void (*each)(void *context, const struct caller *caller);
    void *context;
    bool through_services;
};

static void ask_backup_role(void *to, const char *account, const char *path)
{
    const struct asking *a = to;
    struct caller caller = {.account = account,
                            .organization_id = a->frame->organization_id,
                            .path = path,
                            .backup_role = true,
                            .through_services = a->through_services};
    char *arns[CALLER_ARNS];
    for (size_t i = 0; i < CALLER_ARNS; i++) {
        arns[i] = xasprintf("arn:%s:iam::%s:%s", a->frame->partition, account, backup_roles[i]);
        caller.arns[i] = arns[i];
    }
    a->each(a->context, &caller);
    for (size_t i = 0; i < CALLER_ARNS; i++) {
        free(arns[i]);
    }
}

/* The path of an account of the organization whose place is not known. New. */
static char *some_path(const struct policy_frame *frame)
{
    return frame->root_id != NULL ? xasprintf("%s/%s/*", frame->organization_id, frame->root_id)
                                  : xasprintf("%s/r-*", frame->organization_id);
}

void backup_role_of(const struct policy_frame *frame, const char *account,
                    void (*each)(void *context, const struct caller *caller), void *context)
{
    struct asking asking = {frame, each, context, true};
    char *path = some_path(frame);
    ask_backup_role(&asking, account, path);
    free(path);
}

static bool is_member(const struct policy_frame *frame, const char *account)
{
    return str_equal(account, frame->management_account) ||
           (frame->is_member != NULL && frame->is_member(frame->context, account));
}

void each_backup_role(const json_t *statements, const struct policy_frame *frame,
                      void (*each)(void *context, const struct caller *caller), void *context)
{
    struct asking asking = {frame, each, context, false};
    json_t *accounts = json_array();
    bool apart = false;
    each_word(statements, add_accounts, accounts);
    each_word(statements, note_unit_or_pattern, &apart);
    if (frame->each_member != NULL && (apart || json_array_size(accounts) > 0)) {
        frame->each_member(frame->context, ask_backup_role, &asking);
        json_decref(accounts);
        return;
    }
    char *path = some_path(frame);
    for (size_t i = 0; i < json_array_size(accounts); i++) {
        const char *account = json_string_value(json_array_get(accounts, i));
        if (is_member(frame, account)) {
            ask_backup_role(&asking, account, path);
        }
    }
    ask_backup_role(&asking, UNNAMED_MEMBER, path);
    free(path);
    json_decref(accounts);
}

/* --- strangers --- */

struct strangers {
    const json_t *statements;
    const struct policy_frame *frame;
    json_t *actions;                  /* one of each kind that the statements tell apart */
    json_t *accounts, *organizations; /* named, not ours */
};

/* An action that fits the pattern: `inside` stands for each '*'. */
static void add_action(json_t *list, const char *pattern, const char *inside)
{
    struct text action;
    text_init(&action, 64 * 1024);
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*') {
            text_add(&action, inside);
        } else {
            text_addc(&action, *pattern == '?' ? 'x' : *pattern);
        }
    }
    list_add_once(list, text_str(&action));
    text_release(&action);
}

/* Actions that the statements name, and one of the resource's service that they do not. New. */
static json_t *actions_told_apart(const json_t *statements, const struct policy_frame *frame)
{
    static const char *const lists[] = {"Action", "NotAction"};
    json_t *list = json_array();
    struct arn arn;
    bool known = frame->resource != NULL && arn_parse(frame->resource, &arn);
    char *service =
        known ? xasprintf("%.*s:", (int)arn.service.length, arn.service.data) : xstrdup("");
    char *other = xasprintf("%s@other", service);
    list_add_once(list, other);
    for (size_t i = 0; i < json_array_size(statements); i++) {
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            const json_t *patterns = json_object_get(json_array_get(statements, i), lists[k]);
            for (size_t j = 0; j < json_array_size(patterns); j++) {
                const char *pattern = json_string_value(json_array_get(patterns, j));
                if (str_starts(pattern, service)) {
                    add_action(list, pattern, "");
                    add_action(list, pattern, "@other");
                }
            }
        }
    }
    free(other);
    free(service);
    return list;
}

/* Some Allow applies to the action, and no Deny for sure. */
static bool may_call(const struct strangers *s, const struct caller *caller, const char *action)
{
    bool allowed = false;
    for (size_t i = 0; i < json_array_size(s->statements); i++) {
        const json_t *statement = json_array_get(s->statements, i);
        if (statement_allows(statement)) {
            allowed = allowed || statement_applies(statement, s->frame, caller, action) != HOLDS_NO;
        } else if (statement_applies(statement, s->frame, caller, action) == HOLDS_YES) {
            return false;
        }
    }
    return allowed;
}

static bool gets_in(const struct strangers *s, const struct caller *caller)
{
    for (size_t i = 0; i < json_array_size(s->actions); i++) {
        if (may_call(s, caller, json_string_value(json_array_get(s->actions, i)))) {
            return true;
        }
    }
    return false;
}

/* Somebody in an account, of an organization or none (NULL), or a service on its behalf. */
static bool stranger_gets_in(const struct strangers *s, const char *account,
                             const char *organization, const char *service)
{
    char *arn = xasprintf("arn:%s:iam::%s:*", s->frame->partition, account);
    char *path = organization != NULL ? xasprintf("%s/*", organization) : NULL;
    struct caller caller = {.account = account,
                            .organization_id = organization,
                            .path = path,
                            .arns = {arn},
                            .service = service};
    bool in = gets_in(s, &caller);
    free(arn);
    free(path);
    return in;
}

static bool unnamed_gets_in(const struct strangers *s, const char *service)
{
    return stranger_gets_in(s, UNNAMED_STRANGER, NULL, service) ||
           stranger_gets_in(s, UNNAMED_STRANGER, UNNAMED_ORGANIZATION, service);
}

/* The account gets in, and not because everyone of its organization does. */
static bool account_gets_in(const struct strangers *s, const char *account, const char *service)
{
    bool in = stranger_gets_in(s, account, NULL, service) ||
              stranger_gets_in(s, account, UNNAMED_ORGANIZATION, service);
    for (size_t i = 0; !in && i < json_array_size(s->organizations); i++) {
        const char *id = json_string_value(json_array_get(s->organizations, i));
        in = stranger_gets_in(s, account, id, service) &&
             !stranger_gets_in(s, UNNAMED_STRANGER, id, service);
    }
    return in;
}

/* Those who get in as themselves (NULL) or through a service; false: everyone does. */
static bool add_strangers(const struct strangers *s, const char *service, json_t *accounts,
                          json_t *organizations)
{
    if (unnamed_gets_in(s, service)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(s->organizations); i++) {
        const char *id = json_string_value(json_array_get(s->organizations, i));
        if (stranger_gets_in(s, UNNAMED_STRANGER, id, service)) {
            list_add_once(organizations, id);
        }
    }
    for (size_t i = 0; i < json_array_size(s->accounts); i++) {
        const char *id = json_string_value(json_array_get(s->accounts, i));
        if (account_gets_in(s, id, service)) {
            list_add_once(accounts, id);
        }
    }
    return true;
}

static void drop_ours(const struct policy_frame *frame, json_t *accounts, json_t *organizations)
{
    for (size_t i = json_array_size(accounts); i-- > 0;) {
        if (is_member(frame, json_string_value(json_array_get(accounts, i)))) {
            (void)json_array_remove(accounts, i);
        }
    }
    for (size_t i = json_array_size(organizations); i-- > 0;) {
        if (str_equal(json_string_value(json_array_get(organizations, i)),
                      frame->organization_id)) {
            (void)json_array_remove(organizations, i);
        }
    }
}

void policy_strangers(const json_t *statements, const struct policy_frame *frame, const char *open,
                      json_t *out)
{
    struct strangers s = {statements, frame, actions_told_apart(statements, frame), json_array(),
                          json_array()};
    json_t *named = json_array();
    json_t *accounts = json_array(), *organizations = json_array(), *services = json_array();
    each_word(statements, add_accounts, s.accounts);
    each_word(statements, add_organizations, s.organizations);
    each_word(statements, add_services, named);
    list_add_once(named, "*"); /* services that only a principal "*" lets in */
    drop_ours(frame, s.accounts, s.organizations);
    bool everyone = !add_strangers(&s, NULL, accounts, organizations);
    for (size_t i = 0; !everyone && i < json_array_size(named); i++) {
        const char *service = json_string_value(json_array_get(named, i));
        if (!add_strangers(&s, service, accounts, organizations)) {
            list_add_once(services, service);
        }
    }
    (void)json_object_set_new(out, open, json_boolean(everyone));
    (void)json_object_set_new(out, "foreign_accounts", accounts);
    (void)json_object_set_new(out, "foreign_orgs", organizations);
    (void)json_object_set_new(out, "foreign_services", services);
    json_decref(s.actions);
    json_decref(s.accounts);
    json_decref(s.organizations);
    json_decref(named);
}

bool statement_is_open(const json_t *statement, const json_t *statements,
                       const struct policy_frame *frame)
{
    json_t *alone = json_pack("[O]", statement);
    for (size_t i = 0; i < json_array_size(statements); i++) {
        if (!statement_allows(json_array_get(statements, i))) {
            (void)json_array_append(alone, json_array_get(statements, i));
        }
    }
    struct strangers s = {alone, frame, actions_told_apart(alone, frame), NULL, NULL};
    bool open = unnamed_gets_in(&s, NULL);
    json_decref(s.actions);
    json_decref(alone);
    return open;
}
