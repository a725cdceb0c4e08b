#include "rules_show.h"

#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "cli.h"

#define WIDTH_MAX 100
#define LABEL_WIDTH RULES_LABEL_WIDTH
#define LINE_MAX_BYTES ((size_t)64 * 1024)

/* --- words on a terminal --- */

static size_t columns_of(const char *s, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++) {
        columns += ((unsigned char)s[i] & 0xC0U) != 0x80U ? 1 : 0;
    }
    return columns;
}

static void print_safe(const char *s, size_t length)
{
    struct text safe;
    text_init(&safe, 4 * length + 1);
    text_add_printable(&safe, s, length);
    fputs(text_str(&safe), stdout);
    text_release(&safe);
}

void rules_print_wrapped(const char *text, size_t indent, size_t width)
{
    size_t at = indent;
    for (bool first = true; *text != '\0'; first = false) {
        text += strspn(text, " \t\r\n");
        size_t length = strcspn(text, " \t\r\n");
        size_t columns = columns_of(text, length);
        if (!first && at + 1 + columns > width) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (!first && length > 0) {
            putchar(' ');
            at++;
        }
        print_safe(text, length);
        at += columns;
        text += length;
    }
    putchar('\n');
}

void rules_print_row(const char *label, const char *text, size_t width)
{
    if (text == NULL || *text == '\0') {
        return;
    }
    printf("  %-*s", LABEL_WIDTH, label);
    rules_print_wrapped(text, LABEL_WIDTH + 2, width);
}

size_t rules_page_width(void)
{
    int width = terminal_width(stdout);
    return width < WIDTH_MAX ? (size_t)width : WIDTH_MAX;
}

/* --- show --- */

static void show_parameters(const struct rule *r, size_t width)
{
    for (size_t i = 0; i < r->parameter_count; i++) {
        const struct rule_parameter *row = &r->parameter_rows[i];
        char *value = jx_dump(json_object_get(r->parameters, row->name));
        char *text = xasprintf("%s = %s (%s): %s", row->name, value, row->type, row->help);
        rules_print_row(i == 0 ? "Parameters" : "", text, width);
        free(text);
        free(value);
    }
}

/* A row for each place; every operation there is named once. */
static void show_needs(const struct rule *r, size_t width)
{
    static const char *const places[] = {[NEED_HERE] = "in the subject's account and Region",
                                         [NEED_ACCOUNT] = "anywhere in the subject's account",
                                         [NEED_ANYWHERE] = "anywhere in the organization",
                                         [NEED_CENTRAL] = "in the central backup account",
                                         [NEED_SUBJECT] = "where this subject depends on it"};
    bool first = true;
    for (size_t at = 0; at < sizeof places / sizeof *places; at++) {
        struct text line;
        text_init(&line, LINE_MAX_BYTES);
        for (size_t i = 0; i < r->need_count; i++) {
            if ((size_t)r->needs[i].at == at) {
                text_addf(&line, "%s%s", line.length > 0 ? ", " : "", r->needs[i].operation);
            }
        }
        if (line.length > 0) {
            text_addf(&line, " (%s)", places[at]);
            rules_print_row(first ? "Operations" : "", text_str(&line), width);
            first = false;
        }
        text_release(&line);
    }
}

/* What the rule itself names, and what frameworks say of it. */
static void show_compliance(const struct rule *r, const struct framework_set *frameworks,
                            size_t width)
{
    const char *framework;
    json_t *requirements;
    bool first = true;
    json_t *all = r->compliance != NULL ? json_deep_copy(r->compliance) : json_object();
    if (frameworks != NULL) {
        frameworks_of_check(frameworks, r->id, all);
    }
    json_object_foreach(all, framework, requirements)
    {
        struct text line;
        text_init(&line, LINE_MAX_BYTES);
        text_addf(&line, "%s: ", framework);
        for (size_t i = 0; i < json_array_size(requirements); i++) {
            const char *word = json_string_value(json_array_get(requirements, i));
            text_addf(&line, "%s%s", i > 0 ? ", " : "", word != NULL ? word : "");
        }
        rules_print_row(first ? "Frameworks" : "", text_str(&line), width);
        text_release(&line);
        first = false;
    }
    json_decref(all);
}

void rules_show(const struct rule *r, const struct framework_set *frameworks)
{
    size_t width = rules_page_width();
    printf("%s  ", r->id);
    rules_print_wrapped(r->title, strlen(r->id) + 2, width);
    printf("\n  %-*sstep %d, %s, evaluates each %s%s\n", LABEL_WIDTH, "Kind", r->step,
           severity_name(r->severity), scope_name(r->scope),
           r->manual ? "; needs manual review (MANUAL)" : "");
    rules_print_row("Why", r->why, width);
    rules_print_row("How", r->how, width);
    if (r->leaves_out != NULL) {
        rules_print_row("Leaves out", r->leaves_out, width);
    }
    rules_print_row("Expected", r->expected, width);
    rules_print_row("Observed", r->observed, width);
    rules_print_row("Fix", r->fix, width);
    rules_print_row("Remedy", r->remedy, width);
    show_parameters(r, width);
    show_needs(r, width);
    for (size_t i = 0; r->references[i] != NULL; i++) {
        rules_print_row(i == 0 ? "References" : "", r->references[i], width);
    }
    show_compliance(r, frameworks, width);
    rules_print_row("File", r->file, width);
}
