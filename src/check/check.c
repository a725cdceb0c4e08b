/* Evaluates rules on subjects: one pass over the subjects of each scope that has rules. */
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "inventory/subjects.h"
#include "rule_private.h"

#define GAP_TEXT_MAX 700

/* A required API call of the scope's rules, and the last result of the lookup in the collection
 * errors and in what the selection left out. */
struct watched {
    const char *operation;
    enum need_at at;
    bool looked, hidden, left_out;
    char text[GAP_TEXT_MAX];
};

struct evaluated_rule {
    const struct loaded_rule *l;
    size_t *needs; /* indexes into watched */
};

struct pass { /* over the subjects of one scope */
    struct store *store;
    struct subjects *subjects;
    enum scope scope;
    struct evaluated_rule *rules;
    size_t rule_count;
    struct watched *watched;
    size_t watched_count;
    char *account, *region;        /* of the previous subject */
    const char *central;           /* id of the central backup account, or NULL */
    bool whole;                    /* every check and place is evaluated */
    const char *management, *home; /* of the organization; NULL: unknown */
    const struct check_options *options;
    struct view view;
    struct text expected, observed, fix, evidence;
    struct err *err;
};

static size_t watch(struct pass *p, const struct rule_need *need)
{
    for (size_t i = 0; i < p->watched_count; i++) {
        if (p->watched[i].at == need->at && strcmp(p->watched[i].operation, need->operation) == 0) {
            return i;
        }
    }
    p->watched = xreallocarray(p->watched, p->watched_count + 1, sizeof *p->watched);
    p->watched[p->watched_count] = (struct watched){.operation = need->operation, .at = need->at};
    return p->watched_count++;
}

static void add_rule(struct pass *p, const struct rule *r)
{
    p->rules = xreallocarray(p->rules, p->rule_count + 1, sizeof *p->rules);
    struct evaluated_rule *j = &p->rules[p->rule_count++];
    j->l = rule_loaded(r);
    j->needs = xcalloc(r->need_count + 1, sizeof *j->needs);
    for (size_t i = 0; i < r->need_count; i++) {
        j->needs[i] = watch(p, &r->needs[i]);
    }
}

/* A lookup of collection errors stays valid while the account and Region are the same. */
static void move_to(struct pass *p, const char *account, const char *region)
{
    bool same_account = str_equal(p->account, account);
    bool same_region = same_account && str_equal(p->region, region);
    for (size_t i = 0; i < p->watched_count && !same_region; i++) {
        struct watched *w = &p->watched[i];
        bool moved = w->at == NEED_HERE || (w->at == NEED_ACCOUNT && !same_account);
        w->looked = w->looked && !moved;
    }
    if (!same_region) {
        free(p->account);
        free(p->region);
        p->account = xstrdup(account);
        p->region = xstrdup(region);
    }
}

static int look(struct pass *p, struct watched *w)
{
    if (w->looked || w->at == NEED_SUBJECT) {
        return 0;
    }
    const char *account = w->at == NEED_CENTRAL                           ? p->central
                          : w->at == NEED_HOME                            ? p->management
                          : w->at != NEED_ANYWHERE && *p->account != '\0' ? p->account
                                                                          : NULL;
    const char *region = w->at == NEED_HOME                                            ? p->home
                         : w->at == NEED_HERE && account != NULL && *p->region != '\0' ? p->region
                                                                                       : NULL;
    int found =
        store_find_gap(p->store, w->operation, account, region, w->text, sizeof w->text, p->err);
    if (found < 0) {
        return -1;
    }
    int left_out = found == 0 ? subjects_left_out(p->subjects, w->operation, account, region,
                                                  w->text, sizeof w->text, p->err)
                              : 0;
    w->looked = true;
    w->hidden = found == 1;
    w->left_out = left_out == 1;
    return left_out < 0 ? -1 : 0;
}

/* A collection error comes before what was left out: it is reported whatever was selected. */
static int find_missing(struct pass *p, const struct evaluated_rule *j, const char **gap,
                        const char **left_out)
{
    *gap = NULL;
    *left_out = NULL;
    for (size_t i = 0; i < j->l->rule.need_count && *gap == NULL; i++) {
        struct watched *w = &p->watched[j->needs[i]];
        if (look(p, w) != 0) {
            return -1;
        }
        *gap = w->hidden ? w->text : NULL;
        *left_out = *left_out == NULL && w->left_out ? w->text : *left_out;
    }
    return 0;
}

static void gather_evidence(struct text *out, const json_t *facts)
{
    text_clear(out);
    for (size_t i = 0; i < json_array_size(facts); i++) {
        const json_t *id = json_array_get(facts, i);
        if (json_is_integer(id)) {
            text_addf(out, "%s%" JSON_INTEGER_FORMAT, out->length > 0 ? " " : "",
                      json_integer_value(id));
        }
    }
}

static const char *member(const json_t *document, const char *key)
{
    const char *s = json_string_value(json_object_get(document, key));
    return s != NULL ? s : "";
}

static int evaluate_rule(struct pass *p, const struct evaluated_rule *j, struct finding *f)
{
    const struct rule *r = &j->l->rule;
    const char *gap, *left_out;
    if (find_missing(p, j, &gap, &left_out) != 0) {
        return -1;
    }
    text_clear(&p->expected);
    text_clear(&p->observed);
    text_clear(&p->fix);
    f->status = evaluate(j->l, &p->view, gap, left_out, &p->expected, &p->observed);
    bool needs_fix = f->status != STATUS_PASS && f->status != STATUS_NOT_APPLICABLE;
    if (f->status == STATUS_ERROR) {
        advice_for_error(text_str(&p->observed), &p->fix);
    } else if (needs_fix && j->l->fix != NULL) {
        template_render(j->l->fix, p->view.roots, &p->fix);
    }
    f->check_id = r->id;
    f->title = r->title;
    f->severity = r->severity;
    f->step = r->step;
    f->expected = text_str(&p->expected);
    f->observed = text_str(&p->observed);
    /* The procedure belongs to the rule, not the finding; the person who assesses the finding needs
     * it. */
    f->detail = f->status == STATUS_MANUAL ? r->how : "";
    f->risk = r->why;
    f->remediation = text_str(&p->fix);
    f->remedy = r->remedy != NULL ? r->remedy : "";
    f->waiver = "";
    if (f->status == STATUS_FAIL && p->options->waivers != NULL) {
        const json_t *tags = json_object_get(p->view.roots[ROOT_DOC], "tags");
        const char *waiver = waivers_mute(p->options->waivers, f, tags);
        f->status = waiver != NULL ? STATUS_MUTED : STATUS_FAIL;
        f->waiver = waiver != NULL ? waiver : "";
    }
    finding_make_id(r->id, f->scope, f->subject, f->id);
    return store_finding(p->store, f, p->err);
}

static int evaluate_document(struct pass *p, const json_t *document)
{
    struct finding f = {.scope = scope_name(p->scope),
                        .subject = member(document, "_key"),
                        .account_id = member(document, "_account"),
                        .account_name = member(document, "_account_name"),
                        .ou_path = member(document, "_ou_path"),
                        .region = member(document, "_region"),
                        .resource_arn = member(document, "_arn"),
                        .resource_name = member(document, "_name")};
    gather_evidence(&p->evidence, json_object_get(document, "_facts"));
    f.evidence = text_str(&p->evidence);
    move_to(p, f.account_id, f.region);
    p->view.roots[ROOT_DOC] = document;
    for (size_t i = 0; i < p->rule_count; i++) {
        if (evaluate_rule(p, &p->rules[i], &f) != 0) {
            return -1;
        }
    }
    return 0;
}

static int evaluate_subject(void *context, const json_t *document)
{
    struct pass *p = context;
    if (p->scope != SCOPE_ORG) {
        return evaluate_document(p, document);
    }
    /* The waivers were not collected, but a rule evaluates them. */
    json_t *organization = json_object();
    json_object_update(organization, (json_t *)(uintptr_t)document);
    json_object_set_new(organization, "waivers", waivers_document(p->options->waivers, p->whole));
    int rc = evaluate_document(p, organization);
    json_decref(organization);
    return rc;
}

bool check_selects(const struct rule *r, const struct check_options *o)
{
    bool named = o->checks == NULL;
    for (size_t i = 0; o->checks != NULL && o->checks[i] != NULL && !named; i++) {
        named = str_glob(o->checks[i], r->id);
    }
    for (size_t i = 0; o->excluded_checks != NULL && o->excluded_checks[i] != NULL; i++) {
        named = named && !str_glob(o->excluded_checks[i], r->id);
    }
    if (o->frameworks != NULL && o->compliance != NULL) {
        named = named && frameworks_map(o->frameworks, o->compliance, r->id);
    }
    return named && (o->min_severity < 0 || (int)r->severity <= o->min_severity);
}

static void pass_release(struct pass *p)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        free(p->rules[i].needs);
    }
    free(p->rules);
    free(p->watched);
    free(p->account);
    free(p->region);
    text_release(&p->expected);
    text_release(&p->observed);
    text_release(&p->fix);
    text_release(&p->evidence);
}

static bool selects_all(const struct rule_set *rules, const struct check_options *o)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        if (!check_selects(rules_at(rules, i), o)) {
            return false;
        }
    }
    return true;
}

/* waivers: the rule about the waivers, instead of all others. */
static int evaluate_scope(struct store *store, struct subjects *subjects, enum scope scope,
                          const struct rule_set *rules, const struct check_options *options,
                          bool waivers, struct err *err)
{
    struct pass p = {
        .store = store, .subjects = subjects, .scope = scope, .options = options, .err = err};
    p.whole = waivers && selects_all(rules, options) && subjects_are_whole(subjects);
    text_init(&p.expected, TEMPLATE_OUT_MAX);
    text_init(&p.observed, TEMPLATE_OUT_MAX);
    text_init(&p.fix, TEMPLATE_OUT_MAX);
    text_init(&p.evidence, TEMPLATE_OUT_MAX);
    view_init(&p.view, subjects_context(subjects), options->now_iso);
    p.central = jx_str(subjects_context(subjects), "org.central_backup");
    p.management = jx_str(subjects_context(subjects), "org.management_account");
    p.home = jx_str(subjects_context(subjects), "lz.home_region");
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *r = rules_at(rules, i);
        if (r->scope == scope && check_selects(r, options) &&
            (strcmp(r->id, WAIVERS_RULE) == 0) == waivers) {
            add_rule(&p, r);
        }
    }
    int rc = p.rule_count > 0 ? subjects_each(subjects, scope, evaluate_subject, &p, err) : 0;
    pass_release(&p);
    return rc == 0 ? 0 : -1;
}

bool check_selects_any(const struct rule_set *rules, const struct check_options *options)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        if (check_selects(rules_at(rules, i), options)) {
            return true;
        }
    }
    return false;
}

int check_run(struct store *store, const json_t *config, const struct rule_set *rules,
              const struct check_options *options, struct err *err)
{
    struct subjects *subjects = NULL;
    if (options->waivers != NULL && waivers_begin(options->waivers, options->now_iso, err) != 0) {
        return -1;
    }
    if (subjects_new(store, config, &subjects, err) != 0) {
        return -1;
    }
    subjects_remember(subjects);
    int rc = store_findings_clear(store, err);
    for (int scope = 0; scope < SCOPE_COUNT && rc == 0; scope++) {
        rc = evaluate_scope(store, subjects, (enum scope)scope, rules, options, false, err);
    }
    /* An expired waiver matters where it would cover a failure, so the failures come first. */
    if (rc == 0) {
        rc = evaluate_scope(store, subjects, SCOPE_ORG, rules, options, true, err);
    }
    subjects_free(subjects);
    return rc;
}
