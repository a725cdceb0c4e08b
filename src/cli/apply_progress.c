#include "apply_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli.h"

#define LINE_BYTES_MAX 8192
#define MESSAGE_BYTES_MAX 1000
#define MINUTES_FROM 120 /* seconds from which on minutes say enough ... */
#define HOURS_FROM 7200  /* and hours */

static void add_duration(struct text *out, long long seconds)
{
    if (seconds < MINUTES_FROM) {
        text_addf(out, "%lld s", seconds);
    } else if (seconds < HOURS_FROM) {
        text_addf(out, "%lld min", seconds / 60);
    } else {
        text_addf(out, "%lld h %02lld min", seconds / 3600, seconds % 3600 / 60);
    }
}

void apply_progress_step(void *context, const struct apply_event *event)
{
    struct text head, rest, margin;
    const char *title = event->step->title;
    bool planned = event->dry_run && event->state == STEP_DONE;
    const char *state = planned ? "planned" : step_state_name(event->state);
    (void)context;
    if (event->dry_run && event->state == STEP_RUNNING) {
        return;
    }
    text_init(&head, LINE_BYTES_MAX);
    text_init(&rest, LINE_BYTES_MAX);
    text_init(&margin, LINE_BYTES_MAX);
    text_addf(&head, "[%zu/%zu] %-13s ", event->done, event->total, state);
    text_add_printable(&rest, title, strlen(title));
    if (event->state == STEP_RUNNING) {
        text_add(&rest, "  ");
        add_duration(&rest, (long long)event->elapsed_seconds);
        text_add(&rest, " of about ");
        double expected = event->step->expected_seconds;
        add_duration(&rest, expected > 0 ? (long long)expected : 0);
    }
    if (event->message && *event->message && strcmp(event->message, state) != 0) {
        text_add(&rest, "  ");
        text_add_printable(&rest, event->message, strnlen(event->message, MESSAGE_BYTES_MAX));
    }
    for (size_t i = 0; i < head.length; i++) {
        text_addc(&margin, ' ');
    }
    if (isatty(STDERR_FILENO) == 1) {
        wrap_print(stderr, text_str(&head), text_str(&margin), text_str(&rest), false);
    } else {
        fprintf(stderr, "%s%s\n", text_str(&head), text_str(&rest));
    }
    text_release(&head);
    text_release(&rest);
    text_release(&margin);
}

/* --- what remains --- */

static json_t *member(json_t *object, const char *key, json_t *take_empty)
{
    if (!json_object_get(object, key)) {
        json_object_set_new(object, key, take_empty);
    } else {
        json_decref(take_empty);
    }
    return json_object_get(object, key);
}

/* "kind (note)" -> "account name" -> [region]: a vault of one name stands in every Region. */
static json_t *sorted(const struct plan *plan)
{
    json_t *kinds = json_object();
    for (size_t i = 0; i < plan->remains_count; i++) {
        const struct plan_remains *row = &plan->remains[i];
        char *kind = xasprintf("%s: %s", row->kind, row->note);
        char *what = xasprintf("%-12s  %s", row->account, row->name);
        json_t *regions = member(member(kinds, kind, json_object()), what, json_array());
        json_array_append_new(regions, json_string(row->region));
        free(kind);
        free(what);
    }
    return kinds;
}

void print_remains(const struct plan *plan)
{
    json_t *kinds = sorted(plan), *things, *regions;
    const char *kind, *what;
    if (json_object_size(kinds) > 0) {
        puts("\nNot deleted (name it to delete it):");
    }
    json_object_foreach(kinds, kind, things)
    {
        wrap_print(stdout, "  ", "  ", kind, false);
        json_object_foreach(things, what, regions)
        {
            struct text line;
            text_init(&line, LINE_BYTES_MAX);
            text_add(&line, what);
            for (size_t i = 0; i < json_array_size(regions); i++) {
                const char *region = json_string_value(json_array_get(regions, i));
                text_addf(&line, "%s%s", *region ? i > 0 ? ", " : "  " : "", region);
            }
            wrap_print(stdout, "    ", "      ", text_str(&line), false);
            text_release(&line);
        }
    }
    json_decref(kinds);
}
