/* The option table, walked: every (option, command) pair is either stored or refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/text.h"
#include "model/finding.h"
#include "option_forms.h"
#include "options.h"

#define WORDS_MAX 8
#define SAID_MAX 4096

/* A command line; main() hands a command its own name as argv[0]. */
struct words_given {
    char words[WORDS_MAX][128];
    char *argv[WORDS_MAX + 1];
    int argc;
};

static void give(struct words_given *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void give(struct words_given *g, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    assert_true(g->argc < WORDS_MAX);
    (void)vsnprintf(g->words[g->argc], sizeof g->words[0], format, list);
    va_end(list);
    g->argv[g->argc] = g->words[g->argc];
    g->argv[++g->argc] = NULL;
}

static void begin(struct words_given *g, enum command_id command)
{
    *g = (struct words_given){.argc = 0};
    give(g, "%s", command_at(command)->name);
    for (size_t i = 0; i < command_at(command)->least; i++) {
        give(g, "argument");
    }
}

/* A value that the option can have. */
static const char *sample(const struct option_row *row)
{
    static const struct {
        const struct value_form *form;
        const char *value;
    } samples[] = {{&form_account, "111122223333"},
                   {&form_region, "eu-central-1"},
                   {&form_url, "http://127.0.0.1:1"},
                   {&form_organization, "o-exampleorg1"}};
    static char number[16];
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        if (row->form == samples[i].form) {
            return samples[i].value;
        }
    }
    if (row->kind == OPTION_NUMBER) {
        (void)snprintf(number, sizeof number, "%d", row->high);
        return number;
    }
    return row->values != NULL ? row->values[0] : row->kind == OPTION_RATE ? "2.5" : "sample";
}

static void give_option(struct words_given *g, const struct option_row *row)
{
    if (row->argument != NULL) {
        give(g, "--%s=%s", row->name, sample(row));
    } else {
        give(g, "--%s", row->name);
    }
}

/* The bytes that the row stores into. */
static size_t size_of(const struct option_row *row)
{
    static const size_t sizes[] = {[OPTION_SWITCH] = sizeof(bool),
                                   [OPTION_TEXT] = sizeof(const char *),
                                   [OPTION_LIST] = sizeof(struct words),
                                   [OPTION_NUMBER] = sizeof(int),
                                   [OPTION_RATE] = sizeof(double),
                                   [OPTION_WORD] = sizeof(int),
                                   [OPTION_STATUSES] = sizeof(unsigned),
                                   [OPTION_ONLY] = sizeof(struct words),
                                   [OPTION_VARIABLE] = 0};
    return sizes[row->kind];
}

static void stores(const struct option_row *row, enum command_id command)
{
    struct words_given bare, with;
    struct options before, after;
    begin(&bare, command);
    begin(&with, command);
    give_option(&with, row);
    if ((row->with_commands >> (unsigned)command & 1U) != 0) {
        give(&with, "--%s", row->with);
    }
    options_parse(&before, command, bare.argc, bare.argv);
    options_parse(&after, command, with.argc, with.argv);
    const char *a = (const char *)&before + row->at, *b = (const char *)&after + row->at;
    /* What the sample says may be what holds by default: "given" tells them apart. */
    assert_true(options_given(&after, row->name));
    assert_false(options_given(&before, row->name));
    bool first_word = row->kind == OPTION_WORD || row->kind == OPTION_TEXT;
    if (row->values == NULL || !first_word) {
        assert_true(memcmp(a, b, size_of(row)) != 0);
    }
    options_release(&before);
    options_release(&after);
}

static void an_option_is_stored_by_every_command_that_takes_it(void **state)
{
    (void)state;
    size_t pairs = 0;
    for (size_t i = 0; option_at(i) != NULL; i++) {
        const struct option_row *row = option_at(i);
        for (int command = 0; command < COMMAND_COUNT; command++) {
            if (row->source != VARIABLE_ONLY && option_taken(row, (enum command_id)command)) {
                stores(row, (enum command_id)command);
                pairs++;
            }
        }
    }
    assert_true(pairs > 200);
}

/* exit() of the program's sources (the linker's --wrap) comes back here. */
static jmp_buf ended;
void __real_exit(int status) __attribute__((noreturn));
void __wrap_exit(int status) __attribute__((noreturn));
static bool is_caught;

void __wrap_exit(int status)
{
    if (is_caught) {
        longjmp(ended, status + 1);
    }
    __real_exit(status);
}

/* Reads the line: the exit status, 0 when the program would go on, and what it said. */
static int ends_with(enum command_id command, struct words_given *g, char said[SAID_MAX])
{
    static struct options o;
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_non_null(file);
    assert_true(before >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    is_caught = true;
    int status = setjmp(ended);
    if (status == 0) {
        options_parse(&o, command, g->argc, g->argv);
        options_warn(&o);
    }
    is_caught = false;
    options_release(&o);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    ssize_t length = pread(fileno(file), said, SAID_MAX - 1, 0);
    assert_true(length >= 0);
    said[length] = '\0';
    (void)fclose(file);
    return status > 0 ? status - 1 : 0;
}

static const struct option_row *taken_row(const char *name, enum command_id command)
{
    const struct option_row *row = NULL;
    for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
        if (row->source != VARIABLE_ONLY && option_taken(row, command) &&
            str_equal(row->name, name)) {
            return row;
        }
    }
    return NULL;
}

static bool name_taken(const char *name, enum command_id command)
{
    return taken_row(name, command) != NULL;
}

static void is_refused(const struct option_row *row, enum command_id command)
{
    struct words_given g;
    char said[SAID_MAX], words[128];
    begin(&g, command);
    give_option(&g, row);
    int status = ends_with(command, &g, said);
    (void)snprintf(words, sizeof words,
                   "%s does not take --%s; these commands do: ", command_at(command)->name,
                   row->name);
    if (status != EXIT_USAGE || strstr(said, words) == NULL) {
        fail_msg("%s --%s: %d %s", command_at(command)->name, row->name, status, said);
    }
    for (int taker = 0; taker < COMMAND_COUNT; taker++) {
        const char *name = command_at((enum command_id)taker)->name;
        if (name_taken(row->name, (enum command_id)taker)) {
            assert_non_null(strstr(said, name));
        }
    }
}

static void an_option_is_refused_by_every_other_command_which_names_those_that_take_it(void **state)
{
    (void)state;
    for (size_t i = 0; option_at(i) != NULL; i++) {
        const struct option_row *row = option_at(i);
        for (int command = 0; command < COMMAND_COUNT; command++) {
            if (row->source != VARIABLE_ONLY && command_at((enum command_id)command)->run != NULL &&
                !name_taken(row->name, (enum command_id)command)) {
                is_refused(row, (enum command_id)command);
            }
        }
    }
}

static void a_command_has_each_name_and_letter_once(void **state)
{
    (void)state;
    for (size_t i = 0; option_at(i) != NULL; i++) {
        for (size_t k = i + 1; option_at(k) != NULL; k++) {
            const struct option_row *a = option_at(i), *b = option_at(k);
            if ((a->commands & b->commands) != 0) {
                assert_string_not_equal(a->name, b->name);
                assert_true(a->letter == '\0' || a->letter != b->letter);
            }
        }
    }
}

static void a_letter_means_the_same_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; option_at(i) != NULL; i++) {
        const struct option_row *a = option_at(i);
        assert_true(a->letter != 'h' && a->letter != 'V');
        for (size_t k = 0; a->letter != '\0' && option_at(k) != NULL; k++) {
            const struct option_row *b = option_at(k);
            /* -o says where output goes: a file, or a directory. */
            bool output = str_starts(a->name, "output") && str_starts(b->name, "output");
            if (b->letter == a->letter && !output) {
                assert_string_equal(a->name, b->name);
            }
        }
    }
}

static const struct option_row *row(const char *name, enum command_id command)
{
    const struct option_row *found = taken_row(name, command);
    assert_non_null(found);
    return found;
}

static void words_are_in_the_order_of_the_numbers_that_stand_for_them(void **state)
{
    (void)state;
    const char *const *severities = row("severity", COMMAND_SCAN)->values;
    const char *const *statuses = row("status", COMMAND_SCAN)->values;
    const char *const *levels = row("log-level", COMMAND_SCAN)->values;
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        assert_string_equal(severities[i], severity_name((enum severity)i));
    }
    for (int i = 0; i < STATUS_COUNT; i++) {
        assert_string_equal(statuses[i], status_name((enum status)i));
    }
    for (int i = 0; levels[i] != NULL; i++) {
        char *line = NULL;
        size_t length = 0;
        FILE *stream = open_memstream(&line, &length);
        log_open(stream, LOG_DEBUG);
        log_write((enum log_level)i, "x");
        log_open(stderr, LOG_WARN);
        assert_int_equal(fclose(stream), 0);
        assert_non_null(strstr(line, levels[i]));
        free(line);
    }
    assert_null(severities[SEVERITY_COUNT]);
    assert_null(statuses[STATUS_COUNT]);
}

static void changes_are_asked_for_on_the_command_line_only(void **state)
{
    (void)state;
    static const char *const changing[] = {"fix",
                                           "auto-approve",
                                           "confirm-organization",
                                           "delete-key",
                                           "delete-recovery-points",
                                           "close-accounts",
                                           "delete",
                                           "force"};
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++) {
        for (size_t k = 0; option_at(k) != NULL; k++) {
            if (strcmp(option_at(k)->name, changing[i]) == 0) {
                assert_int_equal(option_at(k)->source, FLAG_ONLY);
            }
        }
    }
    struct words_given g;
    char said[SAID_MAX];
    begin(&g, COMMAND_SCAN);
    assert_int_equal(setenv("TOWERKEEP_FIX", "1", 1), 0);
    assert_int_equal(ends_with(COMMAND_SCAN, &g, said), 0);
    assert_non_null(strstr(said, "TOWERKEEP_FIX is ignored"));
    struct options o;
    log_open(NULL, LOG_WARN);
    options_parse(&o, COMMAND_SCAN, g.argc, g.argv);
    log_open(stderr, LOG_WARN);
    assert_false(o.run.fix);
    options_release(&o);
    assert_int_equal(unsetenv("TOWERKEEP_FIX"), 0);
}

static void a_variable_counts_for_the_commands_that_take_its_option(void **state)
{
    (void)state;
    struct words_given g;
    struct options o;
    char said[SAID_MAX];
    assert_int_equal(setenv("TOWERKEEP_STATUS", "BAD", 1), 0);
    begin(&g, COMMAND_PLAN);
    assert_int_equal(ends_with(COMMAND_PLAN, &g, said), 0);
    assert_string_equal(said, "");
    begin(&g, COMMAND_SCAN);
    assert_int_equal(ends_with(COMMAND_SCAN, &g, said), EXIT_USAGE);
    assert_non_null(strstr(said, "TOWERKEEP_STATUS: invalid value \"BAD\": expected PASS, FAIL"));
    assert_int_equal(setenv("TOWERKEEP_STATUS", "PASS", 1), 0);
    assert_int_equal(setenv("TOWERKEEP_CHECKS", "KMS-*", 1), 0);
    give(&g, "--checks=TAG-*");
    options_parse(&o, COMMAND_SCAN, g.argc, g.argv);
    assert_int_equal(o.run.statuses, 1U << STATUS_PASS);
    assert_int_equal(o.run.checks.count, 1);
    assert_string_equal(o.run.checks.items[0], "TAG-*");
    options_release(&o);
    assert_int_equal(unsetenv("TOWERKEEP_STATUS"), 0);
    assert_int_equal(unsetenv("TOWERKEEP_CHECKS"), 0);
}

static void an_unknown_variable_is_told(void **state)
{
    (void)state;
    struct words_given g;
    char said[SAID_MAX];
    begin(&g, COMMAND_DIFF);
    assert_int_equal(setenv("TOWERKEEP_SEVERTY", "high", 1), 0);
    assert_int_equal(setenv("TOWERKEEP_DATA", "/nonexistent", 1), 0);
    assert_int_equal(ends_with(COMMAND_DIFF, &g, said), 0);
    assert_non_null(strstr(said, "unknown variable TOWERKEEP_SEVERTY is ignored: did you mean "
                                 "TOWERKEEP_SEVERITY?"));
    assert_null(strstr(said, "TOWERKEEP_DATA"));
    assert_null(strstr(strstr(said, "unknown variable") + 1, "unknown variable"));
    assert_int_equal(unsetenv("TOWERKEEP_SEVERTY"), 0);
    assert_int_equal(unsetenv("TOWERKEEP_DATA"), 0);
}

static void a_home_region_that_is_newer_than_the_program_is_told(void **state)
{
    (void)state;
    struct words_given g;
    char said[SAID_MAX];
    begin(&g, COMMAND_SCAN);
    give(&g, "--home-region=eu-north-9");
    assert_int_equal(ends_with(COMMAND_SCAN, &g, said), 0);
    assert_non_null(strstr(said, "--home-region: this version does not know Region eu-north-9: did "
                                 "you mean eu-north-1?"));
    begin(&g, COMMAND_SCAN);
    give(&g, "--home-region=eu-north-1");
    assert_int_equal(ends_with(COMMAND_SCAN, &g, said), 0);
    assert_string_equal(said, "");
}

struct refusal {
    enum command_id command;
    const char *word, *said;
};

static void what_is_wrong_is_named_with_what_was_probably_meant(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {COMMAND_SCAN, "--severity=hihg",
         "--severity: invalid value \"hihg\": expected critical, high, medium, low or "
         "informational; did you mean \"high\"?"},
        {COMMAND_SCAN, "--region=eu-central-1,eu-wset-1",
         "--region: invalid value \"eu-wset-1\": expected an AWS Region such as eu-central-1; did "
         "you mean \"eu-west-1\"?"},
        {COMMAND_SCAN, "--region=eu-north-9", ""},
        {COMMAND_REPORT, "--rules=x",
         "; report writes the results that the run holds; to evaluate it again, use towerkeep "
         "check"},
        {COMMAND_SCAN, "--profle=x", "unknown option --profle: did you mean --profile?"},
        {COMMAND_SCAN, "--ex", "--ex is ambiguous: --ex"},
        {COMMAND_SCAN, "--account=1", "(did you mean --accounts?)"},
        {COMMAND_SCAN, "-Y", "unknown option -Y"},
        {COMMAND_SCAN, "--no-color=yes", "--no-color takes no value"},
        {COMMAND_SCAN, "--profile", "--profile needs a value: NAME"},
        {COMMAND_SCAN, "--accounts=,", "--accounts needs a value"},
        {COMMAND_SCAN, "-pfoo", ""},
        {COMMAND_SCAN, "--auto-approve", "--auto-approve: scan takes it only with --fix"},
        {COMMAND_SCAN, "word", "unexpected argument \"word\""},
        {COMMAND_INIT, "-f", "init does not take -f (--region)"},
        {COMMAND_RUNS, "--output=x", "runs does not take --output; these commands do: init, plan"},
        {COMMAND_TEARDOWN, "--ou=Sandbox", "teardown does not take --ou"},
        {COMMAND_APPLY, "--accounts=222233330011", "apply does not take --accounts"},
        {COMMAND_APPLY, "--region=eu-west-1",
         "apply does not take --region; these commands do: scan, plan, rehearse\n"},
        {COMMAND_APPLY, "-o", "these commands do: scan, init, plan, enable, teardown, rehearse"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct words_given g;
        char said[SAID_MAX];
        begin(&g, r->command);
        give(&g, "%s", r->word);
        assert_int_equal(ends_with(r->command, &g, said), *r->said != '\0' ? EXIT_USAGE : 0);
        if (strstr(said, r->said) == NULL) {
            fail_msg("%s: %s", r->word, said);
        }
    }
}

static void options_and_arguments_mix(void **state)
{
    (void)state;
    struct words_given g = {.argc = 0};
    struct options o;
    for (const char *const *word =
             (const char *const[]){"plan", "a,b", "-c", "KMS-*", "-nrDIR", "-o", "file", NULL};
         *word != NULL; word++) {
        give(&g, "%s", *word);
    }
    options_parse(&o, COMMAND_PLAN, g.argc, g.argv);
    assert_int_equal(o.arguments.count, 1);
    assert_string_equal(o.arguments.items[0], "a,b"); /* a comma does not part an argument */
    assert_string_equal(o.run.checks.items[0], "KMS-*");
    assert_string_equal(o.run.criteria.rule_directories.items[0], "DIR");
    assert_string_equal(o.output, "file");
    assert_true(o.run.no_color);
    options_release(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_is_stored_by_every_command_that_takes_it),
        cmocka_unit_test(
            an_option_is_refused_by_every_other_command_which_names_those_that_take_it),
        cmocka_unit_test(a_command_has_each_name_and_letter_once),
        cmocka_unit_test(a_letter_means_the_same_everywhere),
        cmocka_unit_test(words_are_in_the_order_of_the_numbers_that_stand_for_them),
        cmocka_unit_test(changes_are_asked_for_on_the_command_line_only),
        cmocka_unit_test(a_variable_counts_for_the_commands_that_take_its_option),
        cmocka_unit_test(an_unknown_variable_is_told),
        cmocka_unit_test(a_home_region_that_is_newer_than_the_program_is_told),
        cmocka_unit_test(what_is_wrong_is_named_with_what_was_probably_meant),
        cmocka_unit_test(options_and_arguments_mix),
    };
    log_open(stderr, LOG_WARN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
