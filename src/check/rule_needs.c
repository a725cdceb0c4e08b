/* The operations that a rule requires: those that it names, and those behind the members it reads. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rule_private.h"

static const char *const places[] = {[NEED_HERE] = "here",
                                     [NEED_ACCOUNT] = "account",
                                     [NEED_ANYWHERE] = "anywhere",
                                     [NEED_CENTRAL] = "central-backup",
                                     [NEED_SUBJECT] = "subject",
                                     [NEED_HOME] = "home",
                                     NULL};

/* "service:Operation", or a family: "rds:*", "rds:Describe*" */
static bool operation_well_formed(const char *word)
{
    size_t service = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (service == 0 || word[service] != ':') {
        return false;
    }
    const char *name = word + service + 1;
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    bool capital = *name >= 'A' && *name <= 'Z';
    return (capital && name[length] == '\0') ||
           ((capital || length == 0) && strcmp(name + length, "*") == 0);
}

static enum need_at default_at(enum scope scope, const char *operation)
{
    bool placeless = scope == SCOPE_ORG || scope == SCOPE_LANDING_ZONE || scope == SCOPE_OU;
    bool central =
        str_starts(operation, "organizations:") || str_starts(operation, "controltower:");
    return placeless || central ? NEED_ANYWHERE : NEED_HERE;
}

static bool place_parse(const char *word, enum need_at *out)
{
    for (size_t i = 0; places[i] != NULL; i++) {
        if (str_equal(word, places[i])) {
            *out = (enum need_at)i;
            return true;
        }
    }
    return false;
}

static int load_need(const struct loaded_rule *l, const struct node *n, struct rule_need *need,
                     struct err *err)
{
    static const char *const known[] = {"operation", "at", NULL};
    const struct node *operation = n->kind == NODE_MAP ? node_get(n, "operation") : n;
    if (n->kind == NODE_MAP && node_only(l->doc, n, known, err) != 0) {
        return -1;
    }
    if (operation == NULL || node_string(operation) == NULL ||
        !operation_well_formed(operation->text)) {
        return node_err(l->doc, operation != NULL ? operation : n, err,
                        "expected an operation, such as kms:DescribeKey");
    }
    need->operation = operation->text;
    need->at = default_at(l->rule.scope, operation->text);
    const struct node *at = n->kind == NODE_MAP ? node_get(n, "at") : NULL;
    if (at == NULL || place_parse(node_string(at), &need->at)) {
        return 0;
    }
    return node_string(at) != NULL
               ? rule_refuse_word(l->doc, at, "a place", places, err)
               : node_err(l->doc, at, err,
                          "expected here, account, anywhere, central-backup, subject or home");
}

int rule_needs_load(struct loaded_rule *l, const struct node *root, struct err *err)
{
    const struct node *list = node_get(root, "needs");
    if (list != NULL && list->kind != NODE_LIST) {
        return node_err(l->doc, list, err, "expected a list of operations");
    }
    size_t count = list != NULL ? list->count : 0;
    l->needs = xcalloc(count + 1, sizeof *l->needs);
    for (size_t i = 0; i < count; i++) {
        if (load_need(l, list->children[i], &l->needs[i], err) != 0) {
            return -1;
        }
    }
    l->rule.needs = l->needs;
    l->rule.need_count = count;
    return 0;
}

/* Is a collection error that counts at `a` counted at `b` as well? */
static bool covers(enum need_at b, enum need_at a)
{
    return a == b || b == NEED_ANYWHERE || a == NEED_SUBJECT ||
           (a == NEED_HERE && b == NEED_ACCOUNT);
}

static void add_need(struct loaded_rule *l, const char *operation, enum need_at at)
{
    size_t count = l->rule.need_count;
    for (size_t i = 0; i < count; i++) {
        if (str_glob(l->needs[i].operation, operation) && covers(l->needs[i].at, at)) {
            return;
        }
    }
    l->needs = xrealloc(l->needs, (count + 1) * sizeof *l->needs);
    l->needs[count] = (struct rule_need){.operation = operation, .at = at};
    l->rule.needs = l->needs;
    l->rule.need_count = count + 1;
}

/* Is it the member, or below it? */
static bool reads_member(const struct path *p, const char *member)
{
    for (size_t i = 0; i < p->count && *member != '\0'; i++) {
        const char *name = p->segments[i].name;
        size_t length = strcspn(member, ".");
        if (name == NULL) {
            continue;
        }
        if (strlen(name) != length || strncmp(name, member, length) != 0) {
            return false;
        }
        member += length + (member[length] == '.' ? 1 : 0);
    }
    return *member == '\0';
}

static void add_behind(void *context, const struct path *p)
{
    struct loaded_rule *l = context;
    bool own = p->root == ROOT_ELEMENT || p->root == ROOT_DOC;
    if (!own && p->root != ROOT_ORG && p->root != ROOT_LZ) {
        return;
    }
    const enum scope scope = own                   ? l->rule.scope
                             : p->root == ROOT_ORG ? SCOPE_ORG
                                                   : SCOPE_LANDING_ZONE;
    const struct member_operation *o = subject_operations();
    for (; o->scope != NULL; o++) {
        enum need_at at = default_at(scope, o->operation);
        if (str_equal(o->scope, scope_name(scope)) && reads_member(p, o->member)) {
            (void)place_parse(o->at, &at);
            /* What a subject depends on says the subject itself; $org and $lz do not. */
            add_need(l, o->operation, !own && at == NEED_SUBJECT ? NEED_ANYWHERE : at);
        }
    }
}

void rule_needs_derive(struct loaded_rule *l)
{
    if (l->when != NULL) {
        expr_each_path(l->when, add_behind, l);
    }
    if (l->manual_if != NULL) {
        expr_each_path(l->manual_if, add_behind, l);
    }
    if (l->assert != NULL) {
        expr_each_path(l->assert, add_behind, l);
    }
}
