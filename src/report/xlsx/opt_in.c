/* Opt-in Matrix: account and Region down, resource types across. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "xlsx/xlsx.h"

#define TYPES_MAX 200 /* AWS knows about twenty; hostile answers may know more */
#define TITLE_MAX 80

static const struct column fixed[] = {{"Account", 15, STYLE_TEXT},
                                      {"Account name", 24, STYLE_WRAP},
                                      {"OU path", 28, STYLE_WRAP},
                                      {"Region", 15, STYLE_TEXT},
                                      {"Backed up", 10, STYLE_TEXT},
                                      {"Required, but OFF", 26, STYLE_WRAP},
                                      {"Differs from home Region", 22, STYLE_WRAP}};
#define FIXED_COUNT (sizeof fixed / sizeof fixed[0])

struct type {
    char *name;
    char title[TITLE_MAX];
    bool required;
};

struct matrix {
    struct sheet sheet;
    const json_t *wanted;
    struct type types[TYPES_MAX];
    size_t count;
};

static void add_type(struct matrix *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->types[i].name, name) == 0) {
            return;
        }
    }
    if (m->count < TYPES_MAX) {
        m->types[m->count++] =
            (struct type){.name = xstrdup(name), .required = jx_list_has(m->wanted, name)};
    }
}

static int find_types(void *context, const json_t *place)
{
    struct matrix *m = context;
    const char *name;
    json_t *on;
    json_t *map = json_object_get(place, "opt_in");
    json_object_foreach(map, name, on)
    {
        add_type(m, name);
    }
    return 0;
}

/* The required ones first. */
static int by_name(const void *a, const void *b)
{
    const struct type *first = a;
    const struct type *second = b;
    if (first->required != second->required) {
        return first->required ? -1 : 1;
    }
    return strcmp(first->name, second->name);
}

static void cell(struct sheet *s, const json_t *place, const struct type *t, bool due)
{
    const json_t *map = json_object_get(place, "opt_in");
    const json_t *on = json_object_get(map, t->name);
    if (json_is_boolean(on)) {
        if (json_is_true(on)) {
            sheet_word(s, "ON");
        } else {
            sheet_styled(s, due && t->required ? STYLE_BAD : STYLE_QUIET, "OFF");
        }
    } else if (json_object_size(map) == 0) {
        sheet_word(s, "ERROR"); /* no answer from here; see Errors */
    } else {
        sheet_word(s, "n/a");
    }
}

static int row(void *context, const json_t *place)
{
    struct matrix *m = context;
    struct sheet *s = &m->sheet;
    if (jx_bool(place, "_unlisted")) {
        return 0;
    }
    bool due = jx_bool(place, "is_management") ||
               (jx_bool(place, "backed_up") && !jx_bool(place, "account_exempt"));
    sheet_row(s);
    sheet_text(s, jx_str(place, "_account"));
    sheet_text(s, jx_str(place, "_account_name"));
    sheet_text(s, jx_str(place, "_ou_path"));
    sheet_text(s, jx_str(place, "_region"));
    sheet_text(s, jx_bool(place, "is_management")    ? "management"
                  : jx_bool(place, "account_exempt") ? "exempt"
                  : jx_bool(place, "backed_up")      ? "yes"
                                                     : "no");
    sheet_list(s, due ? jx_get(place, "types_off") : NULL);
    sheet_list(s, jx_get(place, "differs_from_home"));
    for (size_t i = 0; i < m->count; i++) {
        cell(s, place, &m->types[i], due);
    }
    return sheet_going(s);
}

static struct column *make_columns(struct matrix *m)
{
    struct column *columns = xcalloc(FIXED_COUNT + m->count, sizeof *columns);
    memcpy(columns, fixed, sizeof fixed);
    for (size_t i = 0; i < m->count; i++) {
        struct type *t = &m->types[i];
        struct text title;
        text_init(&title, (size_t)XLSX_CELL_MAX * 4);
        text_add_printable(&title, t->name, strnlen(t->name, 60));
        (void)snprintf(t->title, sizeof t->title, "%s%s", text_str(&title),
                       t->required ? " (required)" : "");
        text_release(&title);
        columns[FIXED_COUNT + i] = (struct column){t->title, 14, STYLE_TEXT};
    }
    return columns;
}

int xlsx_opt_in(struct book *b, struct err *err)
{
    struct matrix *m = xcalloc(1, sizeof *m);
    struct column *columns = NULL;
    const json_t *context = subjects_context(b->in->subjects);
    m->wanted = jx_get(context, "config.resource_types");
    size_t i;
    const json_t *type;
    json_array_foreach(m->wanted, i, type)
    {
        if (json_is_string(type)) {
            add_type(m, json_string_value(type));
        }
    }
    int rc = subjects_each(b->in->subjects, SCOPE_ACCOUNT_REGION, find_types, m, err);
    if (rc == 0) {
        qsort(m->types, m->count, sizeof m->types[0], by_name);
        columns = make_columns(m);
        m->sheet =
            (struct sheet){.book = b,
                           .name = "Opt-in Matrix",
                           .note = "Opt-in settings of AWS Backup per account and Region. ON, OFF; "
                                   "n/a: the Region does not support the type; ERROR: could not be "
                                   "read. OFF is red where the type is required.",
                           .columns = columns,
                           .column_count = FIXED_COUNT + m->count,
                           .large_paper = true,
                           .frozen = 4};
        sheet_open(&m->sheet);
        rc = subjects_each(b->in->subjects, SCOPE_ACCOUNT_REGION, row, m, err) < 0
                 ? -1
                 : sheet_close(&m->sheet, err);
    }
    for (i = 0; i < m->count; i++) {
        free(m->types[i].name);
    }
    free(columns);
    free(m);
    return rc;
}
