/* The options, a row each: the parser, --help and section OPTIONS of towerkeep-sim(1) read them. */
#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/mdoc.h"
#include "base/text.h"

#define LONG_BASE 256 /* values of long options: LONG_BASE + row; below: letters */
#define WIDTH 80
#define COLUMN 29 /* where the help of an option begins */
#define EXIT_USAGE 2

enum kind {
    KIND_TEXT,   /* const char * */
    KIND_FILES,  /* two const char *, beside each other: the value and the argument after it */
    KIND_WHOLE,  /* int from low to high */
    KIND_NUMBER, /* double from low to high */
    KIND_CHOICE, /* bool: "aws", or not: "off" */
    KIND_SWITCH, /* bool */
    KIND_HELP,
    KIND_VERSION,
    KIND_MANUAL
};

struct row {
    const char *name; /* without "--" */
    char letter;      /* 0: none */
    bool hidden;
    const char *argument, *help;
    enum kind kind;
    size_t at; /* offset into struct sim_options */
    double low, high;
};

#define TO(type, member) .kind = KIND_##type, .at = offsetof(struct sim_options, member)

static const struct row rows[] = {
    {.name = "world",
     .argument = "FILE",
     .help = "Serve the world in FILE (docs/worlds.md)",
     TO(TEXT, world_file)},
    {.name = "generate",
     .argument = "SPEC",
     .help =
         "Generate a world: accounts=N,ous=N,regions=N,resources=N,seed=N. Without --listen and "
         "--port-file: print it and exit",
     TO(TEXT, generate)},
    {.name = "replay",
     .argument = "FILE",
     .help = "Answer from a recording of towerkeep scan --record (docs/record.md)",
     TO(TEXT, replay_file)},
    {.name = "listen",
     .argument = "ADDRESS:PORT",
     .help = "Loopback address to listen on; port 0 selects a free port (default: 127.0.0.1:0)",
     TO(TEXT, listen)},
    {.name = "port-file",
     .argument = "FILE",
     .help = "Write the port to FILE once the simulator listens",
     TO(TEXT, port_file)},
    {.name = "tls",
     .argument = "CERT KEY",
     .help = "Serve HTTPS with these PEM files",
     TO(FILES, tls_cert)},
    {.name = "latency",
     .argument = "MS",
     .help = "Delay every answer by MS milliseconds (default: 0)",
     TO(WHOLE, latency_ms),
     .high = 600000},
    {.name = "time-scale",
     .argument = "X",
     .help = "Run simulated time X times as fast as real time; 0 stops it (default: 1)",
     TO(NUMBER, time_scale),
     .high = 1e7},
    {.name = "throttle",
     .argument = "aws|off",
     .help = "Refuse calls that exceed the rates AWS publishes (default: off)",
     TO(CHOICE, throttle)},
    {.name = "faults",
     .argument = "FILE",
     .help = "Inject the faults listed in FILE (docs/faults.md)",
     TO(TEXT, faults_file)},
    {.name = "record",
     .argument = "FILE",
     .help = "Append every exchange to FILE, one JSON line each",
     TO(TEXT, record_file)},
    {.name = "effects-file",
     .argument = "FILE",
     .help = "Write the calls received and the changes made to FILE on exit",
     TO(TEXT, effects_file)},
    {.name = "strict-scope",
     .help =
         "Refuse calls to global services that are not signed for the partition's global Region",
     TO(SWITCH, strict_scope)},
    {.name = "help", .letter = 'h', .help = "Print this help", .kind = KIND_HELP},
    {.name = "version", .letter = 'V', .help = "Print the version", .kind = KIND_VERSION},
    {.name = "manual",
     .hidden = true,
     .help = "Print section OPTIONS of towerkeep-sim(1), in mdoc(7)",
     .kind = KIND_MANUAL},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

_Static_assert(offsetof(struct sim_options, tls_key) ==
                   offsetof(struct sim_options, tls_cert) + sizeof(const char *),
               "KIND_FILES stores both");

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void fail(const char *format, ...)
{
    char words[1024];
    struct text line;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    text_init(&line, 4 * sizeof words);
    text_add_printable(&line, words, strlen(words));
    fprintf(stderr, "towerkeep-sim: %s\n", text_str(&line));
    text_release(&line);
    exit(EXIT_USAGE);
}

/* --- what is printed --- */

static void print_help(void)
{
    puts("Usage: towerkeep-sim --world=FILE|--generate=SPEC|--replay=FILE [OPTION...]\n");
    columns_print(stdout,
                  "Simulates an AWS organization on a loopback port: the services that towerkeep "
                  "uses, over their wire protocols.",
                  0, 0, WIDTH);
    puts("\nOptions:");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *r = &rows[i];
        char head[64];
        if (r->hidden) {
            continue;
        }
        int at = r->letter != '\0' ? snprintf(head, sizeof head, "  -%c, --%s", r->letter, r->name)
                                   : snprintf(head, sizeof head, "      --%s", r->name);
        at = printf("%.*s%s%s", at, head, r->argument != NULL ? "=" : "",
                    r->argument != NULL ? r->argument : "");
        columns_print(stdout, r->help, (size_t)at, COLUMN, WIDTH);
    }
    puts("");
    columns_print(stdout,
                  "Exit status: 0 after SIGINT or SIGTERM, 2 for wrong options and files, 1 for "
                  "anything else.",
                  0, 0, WIDTH);
}

static void print_manual(void)
{
    puts(".Sh OPTIONS\n.Bl -tag -width Ds");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!rows[i].hidden) {
            mdoc_option(stdout, rows[i].letter, rows[i].name, rows[i].argument);
            mdoc_sentence(stdout, rows[i].help);
        }
    }
    puts(".El");
}

static void print_and_end(enum kind kind)
{
    if (kind == KIND_HELP) {
        print_help();
    } else if (kind == KIND_MANUAL) {
        print_manual();
    } else {
        puts("towerkeep-sim " TOWERKEEP_VERSION);
    }
    exit(fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1);
}

/* --- values --- */

static double number(const struct row *row, const char *value)
{
    char *end = NULL;
    double n = strtod(value, &end);
    bool whole = row->kind == KIND_WHOLE;
    if (end == value || *end != '\0' || !isfinite(n) || n < row->low || n > row->high ||
        (whole && n != floor(n))) {
        fail("--%s: invalid value \"%s\": expected a %snumber from %g to %.10g", row->name, value,
             whole ? "whole " : "", row->low, row->high);
    }
    return n;
}

static bool is_aws(const struct row *row, const char *value)
{
    static const char *const choices[] = {"aws", "off", NULL};
    if (strcmp(value, choices[0]) != 0 && strcmp(value, choices[1]) != 0) {
        const char *near = str_nearest(value, choices);
        fail("--%s: invalid value \"%s\": expected aws or off%s%s%s", row->name, value,
             near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
             near != NULL ? "\"?" : "");
    }
    return strcmp(value, choices[0]) == 0;
}

/* The argument after the value of --tls. */
static const char *second_file(const struct row *row, int argc, char **argv)
{
    if (optind >= argc) {
        fail("--%s needs two files: %s", row->name, row->argument);
    }
    return argv[optind++];
}

static void store(struct sim_options *o, const struct row *row, int argc, char **argv)
{
    void *at = (char *)o + row->at;
    if (row->argument != NULL && *optarg == '\0') {
        fail("--%s needs a value: %s", row->name, row->argument);
    }
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)at = optarg;
        break;
    case KIND_FILES:
        ((const char **)at)[0] = optarg;
        ((const char **)at)[1] = second_file(row, argc, argv);
        break;
    case KIND_WHOLE:
        *(int *)at = (int)number(row, optarg);
        break;
    case KIND_NUMBER:
        *(double *)at = number(row, optarg);
        break;
    case KIND_CHOICE:
        *(bool *)at = is_aws(row, optarg);
        break;
    case KIND_SWITCH:
        *(bool *)at = true;
        break;
    case KIND_HELP:
    case KIND_VERSION:
    case KIND_MANUAL:
        print_and_end(row->kind);
    }
}

/* --- the line --- */

static const struct row *row_of(int value)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (value == LONG_BASE + (int)i || (rows[i].letter != '\0' && value == rows[i].letter)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* `word` is the argument that getopt_long() complained about. */
static void refuse(int what, const char *word) __attribute__((noreturn));

static void refuse(int what, const char *word)
{
    const struct row *row = row_of(optopt);
    const char *names[ROW_COUNT + 1] = {NULL};
    char name[64];
    size_t count = 0, begin_alike = 0;
    if (row != NULL) {
        fail(what == ':' ? "--%s needs a value: %s" : "--%s takes no value%s", row->name,
             what == ':' ? row->argument : "");
    }
    if (optopt != 0) {
        fail("unknown option -%c (towerkeep-sim --help lists them)", optopt);
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!rows[i].hidden) {
            names[count++] = rows[i].name;
            begin_alike += str_starts(rows[i].name, name) ? 1 : 0;
        }
    }
    const char *near = str_nearest(name, names);
    fail("%s option --%s%s%s%s (towerkeep-sim --help lists them)",
         begin_alike > 1 ? "ambiguous" : "unknown", name, near != NULL ? ": did you mean --" : "",
         near != NULL ? near : "", near != NULL ? "?" : "");
}

void sim_options_parse(struct sim_options *o, int argc, char **argv)
{
    struct option longs[ROW_COUNT + 1] = {{0}};
    int value = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        longs[i] = (struct option){rows[i].name,
                                   rows[i].argument != NULL ? required_argument : no_argument, NULL,
                                   LONG_BASE + (int)i};
    }
    opterr = 0;
    for (;;) {
        optopt = 0;
        value = getopt_long(argc, argv, ":hV", longs, NULL);
        if (value == -1) {
            break;
        }
        if (value == '?' && optopt == '?') {
            print_and_end(KIND_HELP);
        }
        const struct row *row = row_of(value);
        if (value == '?' || value == ':' || row == NULL) {
            refuse(value, argv[optind - 1]);
        }
        store(o, row, argc, argv);
    }
    if (optind < argc) {
        fail("unexpected argument \"%s\" (towerkeep-sim --help)", argv[optind]);
    }
    if ((o->world_file != NULL) + (o->generate != NULL) + (o->replay_file != NULL) != 1) {
        fail("specify one of --world FILE, --generate SPEC and --replay FILE (towerkeep-sim "
             "--help)");
    }
}
