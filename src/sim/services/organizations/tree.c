/* Organizations: the tree of root, organizational units and accounts. */
#include "services/organizations/organizations.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "services/controltower/controltower.h"

#define PATH_STEPS_MAX 32

json_t *sim_org_accounts(struct sim *sim)
{
    return org_object(org_state(sim), "accounts");
}

json_t *sim_org_account(struct sim *sim, const char *account)
{
    return json_object_get(sim_org_accounts(sim), account);
}

json_t *sim_org_ous(struct sim *sim)
{
    return org_object(org_state(sim), "ous");
}

json_t *sim_org_ou(struct sim *sim, const char *ou_id)
{
    return json_object_get(sim_org_ous(sim), ou_id);
}

const char *sim_org_id(struct sim *sim)
{
    return jx_str_or(org_state(sim), "organization.Id", "");
}

const char *sim_org_root(struct sim *sim)
{
    return jx_str_or(org_state(sim), "root.Id", "");
}

bool org_id_is_root(struct sim *sim, const char *id)
{
    return str_equal(id, sim_org_root(sim));
}

const char *org_parent(struct sim *sim, const char *id)
{
    const json_t *object = str_starts(id, "ou-") ? sim_org_ou(sim, id) : sim_org_account(sim, id);

    return json_string_value(json_object_get(object, "ParentId"));
}

bool org_target_exists(struct sim *sim, const char *id)
{
    return org_id_is_root(sim, id) || sim_org_ou(sim, id) != NULL ||
           sim_org_account(sim, id) != NULL;
}

void org_path(struct sim *sim, const char *id, struct text *out)
{
    const char *steps[PATH_STEPS_MAX];
    size_t count = 0;

    for (const char *at = id; at != NULL && count < PATH_STEPS_MAX; at = org_parent(sim, at)) {
        steps[count++] = at;
    }
    text_add(out, sim_org_id(sim));
    while (count > 0) {
        text_addc(out, '/');
        text_add(out, steps[--count]);
    }
    text_addc(out, '/');
}

/* Old endpoints know neither State nor Paths. */
static bool legacy(struct sim *sim)
{
    return jx_bool(sim_world(sim), "quirks.legacy_account_status");
}

static const struct {
    const char *state, *status;
} statuses[] = {{"ACTIVE", "ACTIVE"},
                {"PENDING_CLOSURE", "PENDING_CLOSURE"},
                {"SUSPENDED", "SUSPENDED"},
                {"CLOSED", "SUSPENDED"},
                {"PENDING_ACTIVATION", "SUSPENDED"}};

static const char *status_of(const char *state)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (str_equal(state, statuses[i].state)) {
            return statuses[i].status;
        }
    }
    return state;
}

void org_account_set_state(json_t *account, const char *state)
{
    jx_set_str(account, "State", state);
    jx_set_str(account, "Status", status_of(state));
}

json_t *org_account_out(struct sim *sim, const json_t *account)
{
    static const char *const copied[] = {"Id",   "Arn",          "Email",
                                         "Name", "JoinedMethod", "JoinedTimestamp"};
    json_t *out = json_object();
    const char *state = jx_str_or(account, "State", "ACTIVE");

    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        json_t *value = json_object_get(account, copied[i]);
        if (value != NULL) {
            json_object_set(out, copied[i], value);
        }
    }
    if (!jx_bool(sim_world(sim), "quirks.no_account_status")) { /* deprecated: it will be removed */
        jx_set_str(out, "Status", status_of(state));
    }
    if (!legacy(sim)) {
        struct text path;

        text_init(&path, 4096);
        org_path(sim, jx_str(account, "Id"), &path);
        jx_set_str(out, "State", state);
        json_object_set_new(out, "Paths", json_pack("[s]", text_str(&path)));
        text_release(&path);
    }
    return out;
}

/* new */
static json_t *org_ou_out(struct sim *sim, const json_t *ou)
{
    json_t *out = json_pack("{ss ss ss}", "Id", jx_str(ou, "Id"), "Arn", jx_str(ou, "Arn"), "Name",
                            jx_str(ou, "Name"));

    if (!legacy(sim)) {
        struct text path;

        text_init(&path, 4096);
        org_path(sim, jx_str(ou, "Id"), &path);
        jx_set_str(out, "Path", text_str(&path));
        text_release(&path);
    }
    return out;
}

void org_show_page(struct sim_call *call, json_t *(*show)(struct sim *sim, const json_t *row))
{
    json_t *page = json_object_get(call->out, call->op->list);
    json_t *shown = json_array();
    json_t *row;
    size_t i;

    json_array_foreach(page, i, row)
    {
        json_array_append_new(shown, show(call->sim, row));
    }
    json_object_set_new(call->out, call->op->list, shown);
}

int org_describe_organization(struct sim_call *call)
{
    json_t *organization;

    if (org_guard(call) != 0) {
        return -1;
    }
    organization = json_deep_copy(json_object_get(org_state(call->sim), "organization"));
    json_object_set_new(
        organization, "AvailablePolicyTypes",
        json_pack("[{ss ss}]", "Type", "SERVICE_CONTROL_POLICY", "Status", "ENABLED"));
    json_object_set_new(call->out, "Organization", organization);
    return 0;
}

int org_list_roots(struct sim_call *call)
{
    json_t *rows;

    if (org_guard(call) != 0) {
        return -1;
    }
    rows = json_pack("[O]", json_object_get(org_state(call->sim), "root"));
    return sim_page_take(call, rows, 20);
}

/* Members of `all` whose parent it is, borrowed objects in a new list; parent NULL takes all. */
static json_t *select_rows(json_t *all, const char *parent)
{
    json_t *rows = json_array();
    const char *id;
    json_t *row;

    json_object_foreach(all, id, row)
    {
        if (parent == NULL ||
            str_equal(json_string_value(json_object_get(row, "ParentId")), parent)) {
            json_array_append(rows, row);
        }
    }
    return rows;
}

static int need_parent(struct sim_call *call, const char *parent)
{
    if (!org_id_is_root(call->sim, parent) && sim_org_ou(call->sim, parent) == NULL) {
        return org_refuse(call, "ParentNotFoundException",
                          "We can't find a root or organizational unit (OU) with the ParentId that "
                          "you specified.");
    }
    return 0;
}

/* `rows` is taken. */
static int answer_page(struct sim_call *call, json_t *rows,
                       json_t *(*show)(struct sim *sim, const json_t *row))
{
    int rc = sim_page(call, rows, 20);

    json_decref(rows);
    if (rc == 0) {
        org_show_page(call, show);
    }
    return rc;
}

int org_list_accounts(struct sim_call *call)
{
    if (org_guard(call) != 0) {
        return -1;
    }
    return answer_page(call, select_rows(sim_org_accounts(call->sim), NULL), org_account_out);
}

int org_list_accounts_for_parent(struct sim_call *call)
{
    const char *parent = jx_str(call->in, "ParentId");

    if (org_guard(call) != 0 || need_parent(call, parent) != 0) {
        return -1;
    }
    return answer_page(call, select_rows(sim_org_accounts(call->sim), parent), org_account_out);
}

int org_list_ous_for_parent(struct sim_call *call)
{
    const char *parent = jx_str(call->in, "ParentId");

    if (org_guard(call) != 0 || need_parent(call, parent) != 0) {
        return -1;
    }
    return answer_page(call, select_rows(sim_org_ous(call->sim), parent), org_ou_out);
}

static json_t *show_child(struct sim *sim, const json_t *row)
{
    const char *id = jx_str(row, "Id");

    (void)sim;
    return json_pack("{ss ss}", "Id", id, "Type",
                     str_starts(id, "ou-") ? "ORGANIZATIONAL_UNIT" : "ACCOUNT");
}

int org_list_children(struct sim_call *call)
{
    const char *parent = jx_str(call->in, "ParentId");
    bool accounts = str_equal(jx_str(call->in, "ChildType"), "ACCOUNT");

    if (org_guard(call) != 0 || need_parent(call, parent) != 0) {
        return -1;
    }
    return answer_page(
        call, select_rows(accounts ? sim_org_accounts(call->sim) : sim_org_ous(call->sim), parent),
        show_child);
}

int org_list_parents(struct sim_call *call)
{
    const char *parent;
    json_t *rows;

    if (org_guard(call) != 0) {
        return -1;
    }
    parent = org_parent(call->sim, jx_str(call->in, "ChildId"));
    if (parent == NULL) {
        return org_refuse(call, "ChildNotFoundException",
                          "We can't find an organizational unit (OU) or Amazon Web Services "
                          "account with the ChildId that you specified.");
    }
    rows = json_pack("[{ss ss}]", "Id", parent, "Type",
                     org_id_is_root(call->sim, parent) ? "ROOT" : "ORGANIZATIONAL_UNIT");
    return sim_page_take(call, rows, 20);
}

int org_describe_ou(struct sim_call *call)
{
    const json_t *ou;

    if (org_guard(call) != 0) {
        return -1;
    }
    ou = sim_org_ou(call->sim, jx_str(call->in, "OrganizationalUnitId"));
    if (ou == NULL) {
        return org_refuse(call, "OrganizationalUnitNotFoundException",
                          "You specified an organizational unit that doesn't exist.");
    }
    json_object_set_new(call->out, "OrganizationalUnit", org_ou_out(call->sim, ou));
    return 0;
}

int sim_org_move(struct sim *sim, const char *account, const char *new_parent)
{
    json_t *object = sim_org_account(sim, account);
    char *from;

    if (object == NULL ||
        (!org_id_is_root(sim, new_parent) && sim_org_ou(sim, new_parent) == NULL)) {
        return -1;
    }
    from = xstrdup(jx_str_or(object, "ParentId", ""));
    jx_set_str(object, "ParentId", new_parent);
    if (!str_equal(from, new_parent)) {
        ct_account_moved(sim, account, from, new_parent);
    }
    free(from);
    return 0;
}

int org_move_account(struct sim_call *call)
{
    const char *account = jx_str(call->in, "AccountId");
    const char *source = jx_str(call->in, "SourceParentId");
    const char *target = jx_str(call->in, "DestinationParentId");
    struct sim *sim = call->sim;

    if (org_guard(call) != 0) {
        return -1;
    }
    if (sim_org_account(sim, account) == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    if (!org_id_is_root(sim, source) && sim_org_ou(sim, source) == NULL) {
        return org_refuse(call, "SourceParentNotFoundException",
                          "You specified a source root or OU that doesn't exist.");
    }
    if (!str_equal(org_parent(sim, account), source)) {
        return org_refuse(call, "SourceParentNotFoundException",
                          "The account is not in the source root or OU that you specified.");
    }
    if (!org_id_is_root(sim, target) && sim_org_ou(sim, target) == NULL) {
        return org_refuse(call, "DestinationParentNotFoundException",
                          "You specified a destination root or OU that doesn't exist.");
    }
    if (str_equal(source, target)) {
        return org_refuse(call, "DuplicateAccountException",
                          "The account is already present in the specified destination.");
    }
    return sim_org_move(sim, account, target);
}
