/* OU Baselines: the organization's tree, indented, with what Control Tower enabled on each unit. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

#define INDENT "    "
#define DEPTH_MAX 12 /* AWS nests five deep */
/* Service control policies a target may have ("Quotas for AWS Organizations"; older texts say 5,
   which is what the parameter of ORG-08 starts from). */
#define SCP_QUOTA 10
#define SCP_QUOTA_OLDER 5

static const struct column columns[] = {{"Organizational unit", 36, STYLE_TEXT},
                                        {"Id", 24, STYLE_TEXT},
                                        {"Order", 7, STYLE_NUMBER},
                                        {"Backup wanted", 10, STYLE_TEXT},
                                        {"BackupBaseline", 16, STYLE_TEXT},
                                        {"Version", 9, STYLE_TEXT},
                                        {"Drift", 13, STYLE_TEXT},
                                        {"AWSControlTower- Baseline", 16, STYLE_TEXT},
                                        {"Version", 9, STYLE_TEXT},
                                        {"Drift", 13, STYLE_TEXT},
                                        {"Ancestors without BackupBaseline", 24, STYLE_WRAP},
                                        {"Accounts", 10, STYLE_NUMBER},
                                        {"Accounts not covered", 28, STYLE_WRAP},
                                        {"SCPs attached", 10, STYLE_NUMBER},
                                        {"SCP head-room", 10, STYLE_NUMBER},
                                        {"Message of the last operation", 40, STYLE_WRAP}};

struct units {
    json_t *list; /* the documents */
    bool *drawn;
    int64_t order;
};

static int keep(void *context, const json_t *document)
{
    struct units *u = context;
    json_t *copy = json_deep_copy(document);
    return json_array_append_new(u->list, copy);
}

static int by_name(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    int names = strcmp(jx_str_or(*first, "name", ""), jx_str_or(*second, "name", ""));
    return names != 0 ? names : strcmp(jx_str_or(*first, "id", ""), jx_str_or(*second, "id", ""));
}

static void sort_by_name(json_t *list)
{
    size_t count = json_array_size(list);
    json_t **items = xcalloc(count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = json_incref(json_array_get(list, i));
    }
    qsort(items, count, sizeof *items, by_name);
    (void)json_array_clear(list);
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, items[i]);
    }
    free(items);
}

static void baseline(struct sheet *s, const json_t *unit, const char *name, bool wanted)
{
    const json_t *b = json_object_get(json_object_get(unit, "baselines"), name);
    if (b == NULL) {
        sheet_word(s, wanted ? "missing" : "not enabled");
        sheet_text(s, NULL);
        sheet_text(s, NULL);
        return;
    }
    sheet_word(s, jx_str_or(b, "status", "unknown"));
    sheet_text(s, jx_str(b, "version"));
    sheet_word(s, jx_str(b, "drift"));
}

static void head_room(struct sheet *s, const json_t *unit)
{
    const json_t *attached = jx_get(unit, "service_control_policies");
    if (!json_is_array(attached)) {
        sheet_text(s, NULL);
        sheet_text(s, NULL);
        return;
    }
    int64_t room = SCP_QUOTA - (int64_t)json_array_size(attached);
    sheet_number(s, (int64_t)json_array_size(attached));
    sheet_number_as(s,
                    room <= 0                             ? STYLE_BAD
                    : SCP_QUOTA - room >= SCP_QUOTA_OLDER ? STYLE_WARN
                                                          : STYLE_NUMBER,
                    room);
}

/* OUs that nobody could list. */
static void draw_unlisted(struct sheet *s, const json_t *unit)
{
    sheet_row(s);
    sheet_text(s, jx_str(unit, "_name"));
    sheet_text(s, NULL);
    sheet_text(s, NULL);
    sheet_text(s, NULL);
    sheet_word(s, "ERROR");
    while ((size_t)s->column + 1 < s->column_count) {
        sheet_text(s, NULL);
    }
    sheet_text(s, jx_str(unit, "_gap"));
}

static void draw(struct sheet *s, struct units *u, size_t index, size_t depth)
{
    const json_t *unit = json_array_get(u->list, index);
    if (jx_bool(unit, "_unlisted")) {
        draw_unlisted(s, unit);
        return;
    }
    bool wanted = jx_bool(unit, "wanted");
    struct text name;
    text_init(&name, 4096);
    for (size_t i = 0; i < depth; i++) {
        text_add(&name, INDENT);
    }
    text_addf(&name, "%.2000s", jx_str_or(unit, "name", "?"));
    sheet_row(s);
    sheet_text(s, text_str(&name));
    text_release(&name);
    sheet_text(s, jx_str(unit, "id"));
    sheet_number(s, ++u->order);
    sheet_text(s, jx_bool(unit, "is_security") ? "no (Security)"
                  : jx_bool(unit, "exempt")    ? "no (exempt)"
                  : wanted                     ? "yes"
                                               : "no");
    baseline(s, unit, "BackupBaseline", wanted);
    baseline(s, unit, "AWSControlTowerBaseline", false);
    sheet_list(s, jx_get(unit, "ancestors_without_backup"));
    sheet_number(s, (int64_t)jx_count(unit, "accounts"));
    sheet_list(s, wanted ? jx_get(unit, "accounts_uncovered") : NULL);
    head_room(s, unit);
    sheet_text(s, jx_str(json_object_get(json_object_get(unit, "baselines"), "BackupBaseline"),
                         "message"));
}

static void draw_under(struct sheet *s, struct units *u, const char *parent, size_t depth)
{
    for (size_t i = 0; depth < DEPTH_MAX && i < json_array_size(u->list); i++) {
        const json_t *unit = json_array_get(u->list, i);
        const char *above = jx_str_or(unit, "parent_id", "");
        if (!u->drawn[i] && strcmp(above, parent) == 0) {
            u->drawn[i] = true;
            draw(s, u, i, depth);
            draw_under(s, u, jx_str_or(unit, "id", ""), depth + 1);
        }
    }
}

static bool is_known(const struct units *u, const char *id)
{
    for (size_t i = 0; i < json_array_size(u->list); i++) {
        if (strcmp(jx_str_or(json_array_get(u->list, i), "id", ""), id) == 0) {
            return true;
        }
    }
    return false;
}

static void draw_all(struct sheet *s, struct units *u)
{
    size_t count = json_array_size(u->list);
    for (size_t i = 0; i < count; i++) {
        const char *parent = jx_str_or(json_array_get(u->list, i), "parent_id", "");
        if (!u->drawn[i] && !is_known(u, parent)) {
            draw_under(s, u, parent, 0);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!u->drawn[i]) { /* a circle of parents, or nested too deep: shown nevertheless */
            draw(s, u, i, 0);
        }
    }
}

int xlsx_baselines(struct book *b, struct err *err)
{
    struct sheet s = {
        .book = b,
        .name = "OU Baselines",
        .note = "The tree of organizational units. Order: the sequence in which baselines "
                "are enabled, parents before children; removal uses the reverse order. Head-room: "
                "number of service control policies that can still be attached, of 10; colored if "
                "the older quota of 5 is reached (ORG-08).",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .large_paper = true,
        .frozen = 1};
    struct units u = {.list = json_array()};
    int rc = subjects_each(b->in->subjects, SCOPE_OU, keep, &u, err);
    if (rc == 0) {
        sort_by_name(u.list);
        u.drawn = xcalloc(json_array_size(u.list) + 1, sizeof *u.drawn);
        sheet_open(&s);
        draw_all(&s, &u);
        rc = sheet_close(&s, err);
    }
    free(u.drawn);
    json_decref(u.list);
    return rc;
}
