#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/partition.h"
#include "base/env.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

extern char **environ;

#define VALUES_SIZE 256
#define VARIABLE_PREFIX "TOWERKEEP_"

static void *place_of(struct options *o, const struct option_row *row)
{
    return (char *)o + row->at;
}

/* What was given first in the environment is replaced by the command line. */
static void add_list(struct words *list, const char *value, bool from_environment)
{
    if (list->from_env && !from_environment) {
        words_release(list);
    }
    list->from_env = from_environment;
    words_add(list, value);
}

static void set_text(const char **at, const char *value)
{
    *at = value;
}

static bool set_word(const struct option_row *row, const char *value, int *out)
{
    for (int i = 0; row->values[i] != NULL; i++) {
        if (strcmp(row->values[i], value) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool set_statuses(const struct option_row *row, const char *value, unsigned *out)
{
    *out = 0;
    for (const char *at = value;; at++) {
        char word[32];
        int bit = 0;
        size_t length = strcspn(at, ",");
        if (length >= sizeof word) {
            return false;
        }
        memcpy(word, at, length);
        word[length] = '\0';
        if (!set_word(row, word, &bit)) {
            return false;
        }
        *out |= 1U << (unsigned)bit;
        at += length;
        if (*at == '\0') {
            return true;
        }
    }
}

static bool set_number(const struct option_row *row, const char *value, int *out)
{
    long long number = 0;
    if (!str_number(value, row->low, row->high, &number)) {
        return false;
    }
    *out = (int)number;
    return true;
}

static bool set_rate(const char *value, double *out)
{
    char *end = NULL;
    *out = strtod(value, &end);
    return *value != '\0' && *end == '\0' && *out > 0 && *out < 1e12;
}

/* False: neither true nor false. */
static bool set_switch(bool *out, const char *value)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (int yes = 0; yes < 2; yes++) {
            if (strcasecmp(value, words[i][yes]) == 0) {
                *out = yes != 0;
                return true;
            }
        }
    }
    return false;
}

/* Does a list name a step beside checks? */
static bool names_step(const char *list)
{
    for (const char *item = list; item != NULL;) {
        const char *comma = strchr(item, ',');
        if (item[0] >= '0' && item[0] <= '9' && (item[1] == ',' || item[1] == '\0')) {
            return true;
        }
        item = comma != NULL ? comma + 1 : NULL;
    }
    return false;
}

/* A step's number, or checks. */
static bool set_only(struct scan_options *run, const char *value, bool from_environment)
{
    if (!from_environment && run->only.from_env) {
        run->only_step = 0;
        words_release(&run->only);
    }
    run->only.from_env = from_environment;
    if (strlen(value) != 1) {
        words_add(&run->only, value);
        return !names_step(value);
    }
    long long step = 0;
    bool good = str_number(value, 1, 6, &step);
    run->only_step = good ? (int)step : 0;
    return good;
}

static bool is_allowed(const struct option_row *row, const char *value)
{
    int ignored = 0;
    return row->kind != OPTION_TEXT || row->values == NULL || set_word(row, value, &ignored);
}

static bool store(struct options *o, const struct option_row *row, const char *value,
                  bool from_environment)
{
    void *at = place_of(o, row);
    switch (row->kind) {
    case OPTION_SWITCH:
        *(bool *)at = true;
        return !from_environment || set_switch(at, value);
    case OPTION_TEXT:
        set_text(at, value);
        return is_allowed(row, value);
    case OPTION_LIST:
        add_list(at, value, from_environment);
        return true;
    case OPTION_NUMBER:
        return set_number(row, value, at);
    case OPTION_RATE:
        return set_rate(value, at);
    case OPTION_WORD: {
        int index = 0;
        bool good = set_word(row, value, &index);
        memcpy(at, &index, sizeof index); /* some members are enums */
        return good;
    }
    case OPTION_STATUSES:
        return set_statuses(row, value, at);
    case OPTION_ONLY:
        return set_only(&o->run, value, from_environment);
    case OPTION_VARIABLE:
        return true;
    }
    return true;
}

static void fail_value(const struct option_row *row, const char *item, const char *source)
{
    char range[VALUES_SIZE] = "a number greater than 0";
    const char *near = NULL;
    if (row->form != NULL) {
        (void)snprintf(range, sizeof range, "%s", row->form->expected);
        near = row->form->nearest != NULL ? row->form->nearest(item) : NULL;
    } else if (row->values != NULL) {
        option_values_text(row->values, range, sizeof range);
        near = str_nearest(item, row->values);
    } else if (row->kind == OPTION_SWITCH) {
        (void)snprintf(range, sizeof range, "true or false, yes or no, on or off, 1 or 0");
    } else if (row->kind == OPTION_ONLY) {
        (void)snprintf(range, sizeof range, "one step (1 to 6) or the IDs of checks");
    } else if (row->kind == OPTION_NUMBER) {
        (void)snprintf(range, sizeof range, "a number from %d to %d", row->low, row->high);
    }
    usage_fail("%s: invalid value \"%s\": expected %s%s%s%s", source, item, range,
               near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
               near != NULL ? "\"?" : "");
}

void options_set(struct options *o, const struct option_row *row, const char *value,
                 const char *source, bool from_environment)
{
    char item[OPTION_ITEM_SIZE];
    if (row->argument != NULL && value[strspn(value, " ,")] == '\0') {
        usage_fail("%s needs a value: %s", source, row->argument);
    }
    if ((row->argument != NULL && option_value_expected(row, value, item) != NULL)) {
        fail_value(row, item, source);
    } else if (!store(o, row, value, from_environment)) {
        fail_value(row, value, source);
    }
}

static void from_environment(struct options *o)
{
    char name[OPTION_VARIABLE_SIZE];
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        option_variable(row, name);
        const char *value =
            row->source == FLAG_OR_VARIABLE && option_taken(row, o->command) ? env_get(name) : NULL;
        if (value != NULL) {
            options_set(o, row, value, name, true);
            o->set_by_variable[i] = true;
        }
    }
}

/* A variable that no row has is misspelled, or meant for another version. */
static void warn_of_variable(const char *name)
{
    static const size_t prefix = sizeof VARIABLE_PREFIX - 1;
    char known[OPTION_VARIABLE_SIZE];
    const char *names[OPTIONS_MAX + 1] = {NULL};
    static char kept[OPTIONS_MAX][OPTION_VARIABLE_SIZE];
    const struct option_row *row = NULL, *named = NULL;
    size_t count = 0;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        option_variable(row, known);
        if (strcmp(known, name) == 0) {
            named = named == NULL || named->source == FLAG_ONLY ? row : named;
        }
        if (row->source != FLAG_ONLY && !row->hidden) {
            memcpy(kept[count], known + prefix, sizeof known - prefix);
            names[count] = kept[count];
            count++;
        }
    }
    if (named == NULL) {
        const char *near = str_nearest(name + prefix, names);
        log_write(LOG_WARN, "unknown variable %s is ignored%s%s%s", name,
                  near != NULL ? ": did you mean " VARIABLE_PREFIX : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
    } else if (named->source == FLAG_ONLY) {
        log_write(LOG_WARN, "variable %s is ignored: --%s is accepted on the command line only",
                  name, named->name);
    }
}

static void warn_of_variables(void)
{
    for (char **one = environ; *one != NULL; one++) {
        char name[OPTION_VARIABLE_SIZE];
        size_t length = strcspn(*one, "=");
        if (str_starts(*one, VARIABLE_PREFIX) && length < sizeof name) {
            memcpy(name, *one, length);
            name[length] = '\0';
            warn_of_variable(name);
        }
    }
}

/* Its calls are the first ones, so that no answer of AWS can tell before. */
static void warn_of_home(const char *region)
{
    if (region != NULL && !region_known(region)) {
        const char *near = region_nearest(region);
        log_write(LOG_WARN, "--home-region: this version does not know Region %s%s%s%s", region,
                  near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
    }
}

void options_warn(const struct options *o)
{
    warn_of_variables();
    warn_of_home(o->run.home_region);
}

bool options_given(const struct options *o, const char *name)
{
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        if (o->given[i] && strcmp(row->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* An option that means nothing without another one is refused without it, and one that another one
 * excludes is refused with it. */
static void check_companions(const struct options *o)
{
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        bool in_force = o->given[i] || o->set_by_variable[i];
        for (size_t k = 0; in_force && row->not_with[k] != NULL; k++) {
            if (options_given(o, row->not_with[k])) {
                usage_fail("--%s and --%s exclude each other", row->name, row->not_with[k]);
            }
        }
        if (o->given[i] && (row->with_commands >> (unsigned)o->command & 1U) != 0 &&
            !options_given(o, row->with)) {
            usage_fail("--%s: %s takes it only with --%s", row->name, command_at(o->command)->name,
                       row->with);
        }
    }
}

static void set_defaults(struct options *o)
{
    struct scan_options *run = &o->run;
    if (run->reports.formats.count == 0) {
        words_add(&run->reports.formats, "json,xlsx");
    }
    if (run->reports.filename == NULL) {
        run->reports.filename = "report";
    }
    run->output_given = run->output != NULL;
    if (run->output == NULL) {
        run->output = "towerkeep-output";
    }
}

void options_parse(struct options *o, enum command_id command, int argc, char **argv)
{
    *o = (struct options){.command = command,
                          .argc = argc,
                          .argv = argv,
                          .run = {.min_severity = -1,
                                  .fail_on = SEVERITY_INFORMATIONAL,
                                  .statuses = 1U << STATUS_FAIL | 1U << STATUS_ERROR,
                                  .log_level = LOG_WARN,
                                  .time_scale = 1},
                          .keep = -1,
                          .older_than = -1,
                          .policy_role = -1,
                          .help_format = -1};
    from_environment(o);
    arguments_parse(o);
    check_companions(o);
    set_defaults(o);
}

void options_take_run(struct options *o, struct scan_options *taken)
{
    *taken = o->run;
    o->run = (struct scan_options){0};
}

void options_release(struct options *o)
{
    words_release(&o->arguments);
    words_release(&o->assumed);
    scan_options_release(&o->run);
}
